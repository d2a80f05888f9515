// Training on several ranks gives what training on one gives.

#include <gtest/gtest.h>
#include <torch/types.h>

#include <csignal>
#include <mutex>
#include <numeric>

#include "bertforge/base/stop_signal.h"
#include "bertforge/train/evaluator.h"
#include "support/error_matchers.h"
#include "support/ranks.h"
#include "toy_training.h"

namespace bertforge {
namespace {

using testing::exact_gradients;
using testing::observers;
using testing::record;
using testing::Recorder;
using testing::run_ranks;
using testing::toy_train_config;
using testing::ToyTraining;

struct Outcome {
  std::vector<StepReport> steps;
  at::Tensor weights;
  TrainState state;
};

Outcome train(const TrainConfig& config, ProcessGroup& group, Precision precision, const std::string& kernels,
              bool shards = false) {
  ToyTraining training(config, {.learning_rate = 3e-3}, precision);
  training.model->choose_kernels(kernels, training.parameters.get());
  training.optimizer->choose_kernels(training.model->kernels().table());
  if (shards) {
    training.optimizer->shard_over(group);
    training.optimizer->scatter_slots();
  }
  LoaderConfig share = training.loader_config();
  share.rank = group.rank();
  share.num_ranks = group.num_ranks();
  BatchLoader loader(training.store, training.tokenizer, share);
  Trainer trainer(training.model, *training.parameters, *training.optimizer, training.optimizer_config, config,
                  torch::kCPU, {}, group);
  Recorder recorder;
  trainer.add_observer(record(recorder));
  trainer.run(loader);
  return {recorder.steps, training.parameters->weights().clone(), trainer.state()};
}

// Of all ranks, by rank.
std::vector<Outcome> train_on(int num_ranks, const TrainConfig& config, Precision precision = Precision::kFloat32,
                              const std::string& kernels = "auto", bool shards = false) {
  std::vector<Outcome> outcomes(static_cast<std::size_t>(num_ranks));
  run_ranks(num_ranks, [&](ProcessGroup& group) {
    outcomes[static_cast<std::size_t>(group.rank())] = train(config, group, precision, kernels, shards);
  });
  return outcomes;
}

void expect_near(const Outcome& found, const Outcome& expected, double tolerance) {
  ASSERT_EQ(found.steps.size(), expected.steps.size());
  for (std::size_t i = 0; i < expected.steps.size(); ++i) {
    const StepReport &one = found.steps[i], &other = expected.steps[i];
    EXPECT_NEAR(one.loss, other.loss, tolerance * other.loss) << "step " << i + 1;
    EXPECT_NEAR(one.gradient_norm, other.gradient_norm, 10 * tolerance * other.gradient_norm) << "step " << i + 1;
    EXPECT_EQ(one.num_tokens, other.num_tokens);
    ASSERT_EQ(one.terms.size(), other.terms.size());
    for (std::size_t term = 0; term < one.terms.size(); ++term) {
      EXPECT_EQ(one.terms[term].name, other.terms[term].name);
      EXPECT_EQ(one.terms[term].count, other.terms[term].count);
      EXPECT_EQ(one.terms[term].class_count, other.terms[term].class_count);
    }
  }
  Progress one = found.state.progress, other = expected.state.progress;
  one.seconds = other.seconds = 0;
  EXPECT_EQ(one, other);
  EXPECT_EQ(found.state.data_position, expected.state.data_position);
}

class RankCounts : public ::testing::TestWithParam<int> {};

TEST_P(RankCounts, GiveTheLossesOfOneOverFiftyUpdates) {
  const TrainConfig config = toy_train_config(50);
  const Outcome alone = train(config, solo_group(), Precision::kFloat32, "auto");
  for (const Outcome& outcome : train_on(GetParam(), config)) expect_near(outcome, alone, 1e-5);
}

TEST_P(RankCounts, GiveTheLossesOfOneOnThePlainPathAndInParts) {
  TrainConfig config = toy_train_config(6);
  config.micro_batch_size = 2;
  const Outcome alone = train(config, solo_group(), Precision::kFloat32, "plain");
  for (const Outcome& outcome : train_on(GetParam(), config, Precision::kFloat32, "plain")) {
    expect_near(outcome, alone, 1e-5);
  }
}

TEST_P(RankCounts, KeepTheirWeightsEqualBitForBit) {
  for (const Precision precision : {Precision::kFloat32, Precision::kBfloat16}) {
    for (const char* kernels : {"auto", "plain"}) {
      const auto outcomes = train_on(GetParam(), toy_train_config(5), precision, kernels);
      for (const Outcome& outcome : outcomes) {
        EXPECT_TRUE(outcome.weights.equal(outcomes.front().weights)) << to_string(precision) << ", " << kernels;
      }
      EXPECT_TRUE(
          train_on(GetParam(), toy_train_config(5), precision, kernels).front().weights.equal(outcomes.front().weights))
          << "another time";
    }
  }
}

TEST_P(RankCounts, TrainWhereABatchHasFewerSequencesThanThereAreRanks) {
  TrainConfig config = toy_train_config(4);
  config.batch_size = 1;
  const Outcome alone = train(config, solo_group(), Precision::kFloat32, "auto");
  for (const Outcome& outcome : train_on(GetParam(), config)) expect_near(outcome, alone, 1e-5);
}

TEST_P(RankCounts, HaveTheSameBitsWithSharesOfTheOptimizersState) {
  for (const Precision precision : {Precision::kFloat32, Precision::kBfloat16}) {
    for (const char* kernels : {"auto", "plain"}) {
      const auto whole = train_on(GetParam(), toy_train_config(5), precision, kernels);
      for (const Outcome& outcome : train_on(GetParam(), toy_train_config(5), precision, kernels, /*shards=*/true)) {
        EXPECT_TRUE(outcome.weights.equal(whole.front().weights)) << to_string(precision) << ", " << kernels;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Of, RankCounts, ::testing::Values(2, 3));

// What the exchange leaves in the store, of a batch in parts or whole.
at::Tensor exchanged_gradients(ProcessGroup& group, const std::string& kernels, std::int64_t micro_batch_size) {
  TrainConfig config = toy_train_config(1);
  config.batch_size = 17, config.micro_batch_size = micro_batch_size;
  ToyTraining training(config);
  training.model->choose_kernels(kernels, training.parameters.get());
  LoaderConfig share = training.loader_config();
  share.rank = group.rank(), share.num_ranks = group.num_ranks();
  BatchLoader loader(training.store, training.tokenizer, share);
  const GlobalBatch batch = loader.next();
  const auto objectives = make_objectives(config.objectives);
  GradientExchange exchange(*training.parameters, group, /*bucket_elements=*/1);
  accumulate_gradients(
      training.model, *training.parameters, objectives, batch,
      {.dropout_key = 7, .target_counts = group.total(count_targets(objectives, batch)), .exchange = &exchange});
  exchange.finish();
  return training.parameters->gradients().clone();
}

TEST(Ranks, HaveTheGradientsOfOneInTheirStoresTensorByTensor) {
  const ToyTraining training(toy_train_config(1));  // For the places of the tensors.
  for (const char* kernels : {"auto", "plain"}) {
    for (const std::int64_t micro_batch_size : {0, 2}) {
      const at::Tensor alone = exchanged_gradients(solo_group(), kernels, micro_batch_size);
      run_ranks(3, [&](ProcessGroup& group) {
        const at::Tensor found = exchanged_gradients(group, kernels, micro_batch_size);
        for (const ParameterInfo& info : training.parameters->parameters()) {
          const at::Tensor one = ParameterStore::view(found, info), other = ParameterStore::view(alone, info);
          const bool is_noise = info.name.ends_with("key.bias");  // Its true gradient is 0.
          const double largest = is_noise ? 0.1 : other.abs().max().item<double>();
          EXPECT_LE((one - other).abs().max().item<double>(), 1e-5 * largest) << info.name << ", " << kernels;
        }
      });
    }
  }
}

TEST(Ranks, AddUpToTheGradientsOfOneInFloat64) {
  const auto alone = exact_gradients(17);
  for (const int num_ranks : {2, 3}) {
    run_ranks(num_ranks, [&](ProcessGroup& group) {
      for (const auto& [name, gradient] : exact_gradients(17, /*micro_batch_size=*/0, group)) {
        const double largest = std::max(1e-3, alone.at(name).abs().max().item<double>());
        EXPECT_LE((gradient - alone.at(name)).abs().max().item<double>(), 1e-10 * largest) << name;
      }
    });
  }
}

// Says when a sum begins and what it is of, and leaves it as it is.
class NotedGroup : public ProcessGroup {
 public:
  explicit NotedGroup(const at::Tensor& gradients) : gradients_(gradients) {}
  int rank() const override { return 0; }
  int num_ranks() const override { return 2; }
  std::unique_ptr<PendingCall> start_sum(const at::Tensor& tensor) override {
    if (tensor.is_alias_of(gradients_)) {
      const std::int64_t begin = tensor.storage_offset();
      notes.push_back({begin, begin + tensor.numel(), is_done});
    }
    return solo_group().start_sum(tensor);
  }
  std::unique_ptr<PendingCall> start_copy(const at::Tensor& tensor, int from) override {
    return solo_group().start_copy(tensor, from);
  }
  std::vector<std::string> gather_on_first(const std::string& text) override { return {text}; }
  std::string told_by_first(const std::string& text) override { return text; }
  void meet() override {}
  void check() override {}
  void say_failure(const std::string&) override {}

  struct Note {
    std::int64_t begin, end;
    bool after_backward;
  };
  std::vector<Note> notes;
  bool is_done = false;

 private:
  const at::Tensor gradients_;
};

class ExchangePaths : public ::testing::TestWithParam<std::tuple<Precision, const char*, bool>> {};

TEST_P(ExchangePaths, SendLayersDuringTheBackwardPassAndEveryElementOnce) {
  const auto& [precision, kernels, checkpointing] = GetParam();
  ToyTraining training(toy_train_config(1), {}, precision);
  training.model->choose_kernels(kernels, training.parameters.get());
  NotedGroup group(training.parameters->gradients());
  GradientExchange exchange(*training.parameters, group, /*bucket_elements=*/1);
  BatchLoader loader(training.store, training.tokenizer, training.loader_config());
  const GlobalBatch batch = loader.next();
  accumulate_gradients(training.model, *training.parameters, make_objectives(training.config.objectives), batch,
                       {.checkpoints_activations = checkpointing, .exchange = &exchange});
  const at::Tensor before = training.parameters->gradients().clone();
  group.is_done = true;
  exchange.finish();

  const auto num_layers = static_cast<std::size_t>(training.model->config.num_hidden_layers);
  ASSERT_GT(group.notes.size(), num_layers);
  for (std::size_t i = 0; i < group.notes.size(); ++i) {
    EXPECT_EQ(group.notes[i].after_backward, i >= num_layers) << i;
    if (i == 0 || i >= num_layers) continue;
    EXPECT_LT(group.notes[i].begin, group.notes[i - 1].begin) << "the last layer first";
  }
  std::vector<int> times(static_cast<std::size_t>(training.parameters->flat_size()), 0);
  for (const auto& note : group.notes) {
    for (std::int64_t i = note.begin; i < note.end; ++i) ++times[static_cast<std::size_t>(i)];
  }
  EXPECT_EQ(times, std::vector<int>(times.size(), 1));

  // What was announced was final: the gradients are those of a pass that nobody listened to.
  ToyTraining other(toy_train_config(1), {}, precision);
  other.model->choose_kernels(kernels, other.parameters.get());
  accumulate_gradients(other.model, *other.parameters, make_objectives(other.config.objectives), batch,
                       {.checkpoints_activations = checkpointing});
  EXPECT_TRUE(before.equal(other.parameters->gradients()));
}

INSTANTIATE_TEST_SUITE_P(Of, ExchangePaths,
                         ::testing::Combine(::testing::Values(Precision::kFloat32, Precision::kBfloat16),
                                            ::testing::Values("auto", "plain"), ::testing::Bool()));

TEST(OptimizerShards, GatherWhatTheyScatter) {
  run_ranks(3, [](ProcessGroup& group) {
    constexpr std::int64_t kSize = 3 * 32768 + 96;  // Of blocks of 32,768, the last short.
    at::Tensor one = at::arange(kSize, at::kFloat), two = -one;
    const at::Tensor expected_one = one.clone(), expected_two = two.clone();
    OptimizerShards shards(group, {&one, &two});
    shards.scatter();
    EXPECT_TRUE(shards.gathered().empty());
    const FlatRange own = shards.own();
    EXPECT_TRUE(one.equal(expected_one.narrow(0, own.begin, own.size())));
    EXPECT_TRUE(two.equal(expected_two.narrow(0, own.begin, own.size())));
    shards.gather();
    ASSERT_EQ(shards.gathered().size(), group.is_first() ? 2u : 0u);
    if (group.is_first()) {
      EXPECT_TRUE(shards.gathered()[0].equal(expected_one));
      EXPECT_TRUE(shards.gathered()[1].equal(expected_two));
    }
    at::Tensor flat = at::full({kSize}, -1, at::kFloat);
    flat.narrow(0, own.begin, own.size()).fill_(group.rank());
    shards.exchange(flat);
    EXPECT_EQ(flat[0].item<float>(), 0);
    EXPECT_EQ(flat[kSize - 1].item<float>(), 2);
    EXPECT_GE(flat.min().item<float>(), 0);
  });
}

TEST(OptimizerShards, AreRefusedToAnAlgorithmThatLooksAtMatrices) {
  ToyTraining training(toy_train_config(1), {.algorithm = "lamb"});
  EXPECT_ERROR(training.optimizer->shard_over(solo_group()), ErrorKind::kUsage, "only adamw's can be shared out");
}

TEST(GradientExchange, MayBeginAgainUntilSomethingIsSent) {
  ToyTraining training(toy_train_config(1));
  NotedGroup group(training.parameters->gradients());
  GradientExchange exchange(*training.parameters, group, /*bucket_elements=*/1);
  exchange.begin();
  exchange.cancel();
  exchange.begin();
  BatchLoader loader(training.store, training.tokenizer, training.loader_config());
  accumulate_gradients(training.model, *training.parameters, make_objectives(training.config.objectives), loader.next(),
                       {.exchange = &exchange});
  EXPECT_ERROR(exchange.cancel(), ErrorKind::kEnvironment, "a smaller train.micro_batch_size takes less");
}

TEST(Ranks, EvaluateEachAShareAndReportTheWhole) {
  const ToyTraining training(toy_train_config(1));
  const auto batches = make_evaluation_batches(training.store, training.tokenizer,
                                               {.batch_size = 3, .pairing = {.max_seq_length = 32}}, 10, 42);
  std::vector<std::int64_t> counts(99);
  std::iota(counts.begin(), counts.end(), 0);
  const auto evaluate = [&](ProcessGroup& group) {
    BertForPreTraining model(testing::toy_model_config());
    initialize_weights(model, 5);
    const Evaluator evaluator(batches, make_objectives(training.config.objectives), torch::kCPU, counts, group);
    return evaluator.evaluate(model);
  };
  const EvaluationReport alone = evaluate(solo_group());
  for (const int num_ranks : {2, 3, 7}) {  // The last with ranks that have no batch.
    run_ranks(num_ranks, [&](ProcessGroup& group) {
      const EvaluationReport report = evaluate(group);
      EXPECT_EQ(report.num_examples, alone.num_examples);
      EXPECT_EQ(report.unigram_baseline, alone.unigram_baseline);
      for (std::size_t i = 0; i < alone.terms.size(); ++i) {
        EXPECT_EQ(report.terms[i].name, alone.terms[i].name);
        EXPECT_NEAR(report.terms[i].loss_sum, alone.terms[i].loss_sum, 1e-6 * alone.terms[i].loss_sum);
        EXPECT_EQ(report.terms[i].count, alone.terms[i].count);
        EXPECT_EQ(report.terms[i].correct, alone.terms[i].correct);
        EXPECT_EQ(report.terms[i].class_correct, alone.terms[i].class_correct);
      }
      for (std::size_t i = 0; i < alone.frequency_bands.size(); ++i) {
        EXPECT_EQ(report.frequency_bands[i].count, alone.frequency_bands[i].count);
        EXPECT_EQ(report.frequency_bands[i].correct, alone.frequency_bands[i].correct);
      }
    });
  }
}

// Of one process here, so a signal is to all of its ranks; only that it is heard by all in the same update is seen.
TEST(Ranks, StopAfterTheSameUpdateWhenASignalComes) {
  struct Signaller : TrainingObserver {
    void on_step(TrainingView& view, const StepReport&) override {
      if (view.state().progress.step == 3) request_stop(SIGTERM);
    }
  };
  std::mutex mutex;
  std::vector<std::int64_t> last_steps;
  run_ranks(3, [&](ProcessGroup& group) {
    ToyTraining training(toy_train_config(50));
    LoaderConfig share = training.loader_config();
    share.rank = group.rank(), share.num_ranks = group.num_ranks();
    BatchLoader loader(training.store, training.tokenizer, share);
    Trainer trainer(training.model, *training.parameters, *training.optimizer, training.optimizer_config,
                    training.config, torch::kCPU, {}, group);
    if (group.rank() == 1) trainer.add_observer(std::make_unique<Signaller>());
    EXPECT_EQ(trainer.run(loader), StopReason::kInterrupted);
    const std::lock_guard lock(mutex);
    last_steps.push_back(trainer.state().progress.step);
  });
  clear_stop_request();
  for (const std::int64_t step : last_steps) {
    EXPECT_EQ(step, last_steps.front());
    EXPECT_GE(step, 3);
    EXPECT_LE(step, 5);
  }
}

}  // namespace
}  // namespace bertforge
