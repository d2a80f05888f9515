// bertforge benchmark train

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>

#include "benchmarks.h"
#include "bertforge/app/common_options.h"
#include "bertforge/base/cpu.h"
#include "bertforge/base/error.h"
#include "bertforge/base/memory.h"
#include "bertforge/base/parallel.h"
#include "bertforge/base/random.h"
#include "bertforge/formats/json.h"
#include "bertforge/train/adamw.h"
#include "bertforge/train/gradients.h"
#include "bertforge/train/memory_estimate.h"
#include "torch_errors.h"

namespace bertforge {
namespace {

struct TrainBenchmark {
  BertConfig model = {.hidden_size = 256, .num_hidden_layers = 4, .num_attention_heads = 4, .intermediate_size = 1024};
  std::int64_t sequence_length = 128, min_sequence_length = 0, batch_size = 32;
  std::int64_t num_threads = 0, num_steps = 9, num_warmups = 3;
  double dropout = 0.1;
  bool checkpoints_activations = false;
  std::string precision = "auto", kernels = "auto", against;
};

// A batch of random pieces: 15 % of each sequence are to be predicted, as the tool that is compared with has it.
GlobalBatch random_batch(const TrainBenchmark& benchmark) {
  CounterRandom random(1);
  const auto below = [&](std::int64_t n) {
    return static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(n)));
  };
  const std::int64_t longest = benchmark.sequence_length;
  const std::int64_t shortest = benchmark.min_sequence_length > 0 ? benchmark.min_sequence_length : longest;
  GlobalBatch global;
  Batch& batch = global.micro_batches.emplace_back();
  batch.sequence_offsets = {0};
  for (std::int64_t b = 0; b < benchmark.batch_size; ++b) {
    const std::int64_t first = batch.sequence_offsets.back(), length = shortest + below(longest - shortest + 1);
    std::vector<std::int32_t> rows;
    for (std::int64_t i = 0; i < length; ++i) {
      batch.token_ids.push_back(static_cast<TokenId>(5 + below(benchmark.model.vocab_size - 5)));
      rows.push_back(static_cast<std::int32_t>(first + i));
    }
    shuffle(rows, random);
    rows.resize(static_cast<std::size_t>(std::max<std::int64_t>(1, (length * 15 + 50) / 100)));
    std::ranges::sort(rows);
    for (const std::int32_t row : rows) {
      batch.masked_rows.push_back(row);
      batch.masked_labels.push_back(batch.token_ids[static_cast<std::size_t>(row)]);
    }
    batch.sequence_offsets.push_back(static_cast<std::int32_t>(first + length));
    batch.segment_boundaries.push_back(static_cast<std::int32_t>(length / 2));
    batch.is_random_next.push_back(static_cast<std::uint8_t>(below(2)));
  }
  return global;
}

// A model that trains on one batch over and over.
class Subject {
 public:
  Subject(const TrainBenchmark& benchmark, const GlobalBatch& batch, const std::string& kernels)
      : batch_(batch),
        checkpoints_activations_(benchmark.checkpoints_activations),
        model_(initialized(benchmark.model)),
        store_(*model_, at::kCPU, resolve_precision(benchmark.precision, at::kCPU)),
        optimizer_(store_, OptimizerConfig()),
        objectives_(make_objectives({"masked_lm", "next_sentence"})) {
    model_->choose_kernels(kernels, &store_);
    optimizer_.choose_kernels(model_->kernels().table());
  }

  void step(bool is_measured) {
    const EncoderTimes before = encoder_times();
    const Stopwatch whole;
    store_.zero_gradients();
    accumulate_gradients(model_, store_, objectives_, batch_,
                         {.dropout_key = CounterRandom(1).fork(RandomPurpose::kDropout, ++num_steps_).key(),
                          .checkpoints_activations = checkpoints_activations_});
    const double passes = whole.seconds();
    optimizer_.update(num_steps_, 1e-4, clip_factor(optimizer_.gradient_norm(), 1.0));
    if (!is_measured) return;
    seconds_.push_back(whole.seconds());
    optimizer_seconds_ += whole.seconds() - passes;
    const EncoderTimes after = encoder_times();
    parts_.products += after.products - before.products;
    parts_.attention += after.attention - before.attention;
    parts_.normalization += after.normalization - before.normalization;
    parts_.activation += after.activation - before.activation;
    parts_.embeddings += after.embeddings - before.embeddings;
  }

  double median_seconds() const { return median(seconds_); }

  // Milliseconds a step, means over the steps measured.
  nlohmann::ordered_json part_milliseconds() const {
    const double scale = 1e3 / static_cast<double>(seconds_.size());
    double total = 0;
    for (const double seconds : seconds_) total += seconds;
    const double encoder =
        parts_.products + parts_.attention + parts_.normalization + parts_.activation + parts_.embeddings;
    nlohmann::ordered_json parts;
    if (model_->bert->fused_encoder != nullptr) {
      parts = {{"encoder_products", parts_.products * scale},
               {"attention", parts_.attention * scale},
               {"layer_norm_and_residual", parts_.normalization * scale},
               {"bias_and_activation", parts_.activation * scale},
               {"embeddings", parts_.embeddings * scale},
               {"heads_losses_and_rest", (total - encoder - optimizer_seconds_) * scale}};
    } else {
      parts = {{"forward_and_backward", (total - optimizer_seconds_) * scale}};
    }
    parts["clipping_and_update"] = optimizer_seconds_ * scale;
    return parts;
  }

  std::string kernels() const { return model_->kernels().name(); }

 private:
  static BertForPreTraining initialized(const BertConfig& config) {
    BertForPreTraining model(config);
    initialize_weights(model, 1);
    return model;
  }
  EncoderTimes encoder_times() const {
    const FusedEncoder* const encoder = model_->bert->fused_encoder.get();
    return encoder != nullptr ? encoder->times() : EncoderTimes();
  }

  const GlobalBatch& batch_;
  const bool checkpoints_activations_;
  BertForPreTraining model_;
  ParameterStore store_;
  AdamW optimizer_;
  std::vector<std::unique_ptr<Objective>> objectives_;
  std::int64_t num_steps_ = 0;
  std::vector<double> seconds_;
  double optimizer_seconds_ = 0;
  EncoderTimes parts_;
};

// The multiply-adds of all matrix products of a step, as 2 operations each: three products forward and backward for
// each weight, the vocabulary's for the rows to predict only, and attention's over each sequence's own length. Fused
// kernels compute what stands behind the last layer's attention for the rows alone that the losses read. With activation
// checkpointing forward products come twice, on the fused path but those of the last layer.
double product_operations(const TrainBenchmark& benchmark, const Batch& batch, bool is_fused) {
  const auto hidden = static_cast<double>(benchmark.model.hidden_size);
  const auto rows = static_cast<double>(batch.num_tokens()), targets = static_cast<double>(batch.num_masked());
  double squares = 0;
  for (std::size_t b = 1; b < batch.sequence_offsets.size(); ++b) {
    squares += std::pow(batch.sequence_offsets[b] - batch.sequence_offsets[b - 1], 2);
  }
  const double projections = 3 * hidden * hidden;
  const double behind_attention = hidden * hidden + 2 * hidden * static_cast<double>(benchmark.model.intermediate_size);
  const double layer = rows * (projections + behind_attention) + 2 * squares * hidden;
  const double rows_read = targets + static_cast<double>(batch.num_sequences());
  const double not_computed = is_fused ? (rows - rows_read) * behind_attention : 0;
  const double heads = targets * hidden * (hidden + static_cast<double>(benchmark.model.vocab_size));
  const auto num_layers = static_cast<double>(benchmark.model.num_hidden_layers);
  const double again = benchmark.checkpoints_activations ? layer * (is_fused ? num_layers - 1 : num_layers) : 0;
  return 2 * (3 * (num_layers * layer - not_computed + heads) + again);
}

// Without the program itself; sequences of full length.
double estimated_megabytes(const TrainBenchmark& benchmark, const Batch& batch, bool is_fused) {
  const MemoryPlan plan = {.model = benchmark.model,
                           .num_sequences = benchmark.batch_size,
                           .sequence_length = benchmark.sequence_length,
                           .targets_per_sequence = batch.num_masked() / batch.num_sequences(),
                           .num_threads = at::get_num_threads(),
                           .precision = resolve_precision(benchmark.precision, at::kCPU),
                           .is_fused = is_fused,
                           .checkpoints_activations = benchmark.checkpoints_activations};
  return static_cast<double>(estimate_memory(plan).total()) / 1e6;
}

// Operations a second of the best warm at::mm among the model's shapes, in its precision: what LibTorch's products
// reach on this machine, here and now. Ours may be faster (kernels/gemm.h).
double peak_operations_per_second(const TrainBenchmark& benchmark, const Batch& batch) {
  const torch::NoGradGuard no_grad;
  const auto type = scalar_type(resolve_precision(benchmark.precision, at::kCPU));
  const std::int64_t rows = batch.num_tokens(), hidden = benchmark.model.hidden_size;
  double best = 0;
  for (const auto& [m, k, n] :
       {std::array{rows, hidden, 3 * hidden}, std::array{rows, hidden, benchmark.model.intermediate_size},
        std::array{rows, benchmark.model.intermediate_size, hidden},
        std::array{batch.num_masked(), hidden, benchmark.model.vocab_size}}) {
    const auto a = torch::randn({m, k}).to(type), b = torch::randn({k, n}).to(type);
    auto c = torch::empty({m, n}, type);
    for (int i = 0; i < 6; ++i) {
      const Stopwatch stopwatch;
      at::mm_out(c, a, b);
      best = std::max(
          best, 2 * static_cast<double>(m) * static_cast<double>(k) * static_cast<double>(n) / stopwatch.seconds());
    }
  }
  return best;
}

void add_options(CommandLine& line, TrainBenchmark& benchmark) {
  auto& options = line.options();
  options.add("--hidden", benchmark.model.hidden_size, "Hidden size", {.min = 1, .max = 1 << 20});
  options.add("--layers", benchmark.model.num_hidden_layers, "Layers", {.min = 1, .max = 1000});
  options.add("--heads", benchmark.model.num_attention_heads, "Attention heads", {.min = 1, .max = 65535});
  options.add("--ffn", benchmark.model.intermediate_size, "Intermediate size of the feed-forward network",
              {.min = 1, .max = 1 << 24});
  options.add("--vocab-size", benchmark.model.vocab_size, "Pieces of the vocabulary", {.min = 8, .max = 1 << 28});
  options.add("--seq", benchmark.sequence_length, "Tokens of a sequence", {.min = 3, .max = 65535});
  options.add("--min-seq", benchmark.min_sequence_length,
              "Lengths are drawn evenly from here to --seq; 0: all are of --seq", {.min = 0, .max = 65535});
  options.add("--batch-size", benchmark.batch_size, "Sequences of a batch", {.min = 1, .max = 1 << 20});
  options.add("--dropout", benchmark.dropout, "Probability of dropout", {.min = 0, .max = 0.9});
  options.add("--activation-checkpointing", benchmark.checkpoints_activations,
              "Layers keep their inputs alone and compute the rest again in the backward pass");
  options.add("--precision", benchmark.precision, "What to compute in", precision_names());
  options.add("--kernels", benchmark.kernels, "Which code computes; auto: the best measured one that this CPU runs",
              kernel_choices());
  std::vector<std::string> others = kernel_choices();
  others.insert(others.begin(), "");
  options.add("--against", benchmark.against, "Other code that takes turns with it, step by step", others);
  options.add("--steps", benchmark.num_steps, "Steps that are measured", {.min = 1, .max = 100000});
  options.add("--warmup", benchmark.num_warmups, "Steps before them", {.min = 0, .max = 1000});
  add_threads_option(line, benchmark.num_threads);
}

nlohmann::ordered_json measure(const TrainBenchmark& benchmark) {
  const GlobalBatch global = random_batch(benchmark);
  const Batch& batch = global.micro_batches.front();
  std::vector<std::unique_ptr<Subject>> subjects;
  subjects.push_back(std::make_unique<Subject>(benchmark, global, benchmark.kernels));
  if (!benchmark.against.empty()) subjects.push_back(std::make_unique<Subject>(benchmark, global, benchmark.against));
  for (std::int64_t i = 0; i < benchmark.num_warmups + benchmark.num_steps; ++i) {
    for (const auto& subject : subjects) subject->step(i >= benchmark.num_warmups);
  }
  const double peak_megabytes = static_cast<double>(peak_memory()) / 1e6;
  const double peak = peak_operations_per_second(benchmark, batch);
  const auto figures_of = [&](const Subject& subject) {
    const double seconds = subject.median_seconds();
    const bool is_fused = subject.kernels() != "plain";
    const double operations = product_operations(benchmark, batch, is_fused);
    return nlohmann::ordered_json{{"kernels", subject.kernels()},
                                  {"milliseconds_per_step", seconds * 1e3},
                                  {"tokens_per_second", static_cast<double>(batch.num_tokens()) / seconds},
                                  {"product_gigaflops", operations / 1e9},
                                  {"share_of_peak", operations / seconds / peak},
                                  {"estimated_megabytes", estimated_megabytes(benchmark, batch, is_fused)},
                                  {"part_milliseconds", subject.part_milliseconds()}};
  };
  nlohmann::ordered_json figures = figures_of(*subjects.front());
  if (subjects.size() > 1) {
    figures["against"] = figures_of(*subjects.back());
    figures["times_as_fast"] = subjects.back()->median_seconds() / subjects.front()->median_seconds();
  }
  figures["peak_gigaflops_per_second"] = peak / 1e9;
  figures["peak_megabytes"] = peak_megabytes;
  figures["activation_checkpointing"] = benchmark.checkpoints_activations;
  figures["precision"] = to_string(resolve_precision(benchmark.precision, at::kCPU));
  figures["shape"] = {{"hidden", benchmark.model.hidden_size},
                      {"layers", benchmark.model.num_hidden_layers},
                      {"heads", benchmark.model.num_attention_heads},
                      {"ffn", benchmark.model.intermediate_size},
                      {"vocab_size", benchmark.model.vocab_size},
                      {"seq", benchmark.sequence_length},
                      {"batch_size", benchmark.batch_size},
                      {"tokens", batch.num_tokens()},
                      {"targets", batch.num_masked()},
                      {"dropout", benchmark.dropout}};
  figures["steps"] = benchmark.num_steps;
  figures["threads"] = at::get_num_threads();
  figures["cpu"] = cpu_name();
  return figures;
}

}  // namespace

int benchmark_train(const Arguments& arguments) {
  TrainBenchmark benchmark;
  CommandLine line(
      "benchmark train",
      "Measures training steps of a model of that shape on random pieces: forward, backward, clipping and update, on "
      "the CPU. Prints one JSON object; times are medians over the steps, those of parts means.");
  add_options(line, benchmark);
  if (!line.parse(arguments)) return 0;
  if (benchmark.min_sequence_length > benchmark.sequence_length) {
    fail(ErrorKind::kUsage, "--min-seq is ", benchmark.min_sequence_length, ", more than --seq, ",
         benchmark.sequence_length);
  }
  benchmark.model.hidden_dropout_prob = benchmark.model.attention_probs_dropout_prob = benchmark.dropout;
  benchmark.model.max_position_embeddings = std::max<std::int64_t>(512, benchmark.sequence_length);
  benchmark.model.validate("benchmark train");
  at::set_num_threads(resolve_num_threads(static_cast<int>(benchmark.num_threads)));
  return explain_torch_errors("a smaller --batch-size needs less, and so does --activation-checkpointing", [&] {
    std::cout << dump_ordered_json_line(measure(benchmark)) << '\n';
    return 0;
  });
}

}  // namespace bertforge
