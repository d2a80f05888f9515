#include "start_up.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "bertforge/base/figure_text.h"
#include "bertforge/base/log.h"
#include "bertforge/data/dataset_report.h"
#include "bertforge/data/masking.h"
#include "bertforge/model/attention.h"
#include "bertforge/train/memory_estimate.h"

namespace bertforge {
namespace {

// Of a micro-batch whose sequences are all of full length.
MemoryPlan memory_plan(const TrainingRun& run, const std::string& kernels) {
  const RunConfig& config = run.config;
  const TrainConfig& train = config.train;
  const std::int64_t num_ranks = run.group.num_ranks();
  const std::int64_t length = config.data.pairing.max_seq_length;
  const std::int64_t batch = train.batch_tokens > 0 ? train.batch_tokens / length : train.batch_size;
  const std::int64_t share = (batch + num_ranks - 1) / num_ranks;
  return {.model = config.model,
          .num_sequences = train.micro_batch_size > 0 ? std::min(train.micro_batch_size, share) : share,
          .sequence_length = length,
          .targets_per_sequence = num_predictions(static_cast<std::size_t>(length), config.data.masking),
          .num_threads = at::get_num_threads(),
          .precision = resolve_precision(train.precision, run.device),
          .is_fused = run.device.is_cpu() && kernels != "plain",
          .checkpoints_activations = train.activation_checkpointing,
          .keeps_probabilities = !has_sdpa(run.device) || config.model.attention_probs_dropout_prob > 0,
          .keeps_average = config.optimizer.average_decay > 0,
          .num_shards = config.optimizer.shard_state ? num_ranks : 1};
}

void log_memory(const MemoryPlan& plan, at::Device device) {
  log_info("memory: ", to_text(estimate_memory(plan)));
  const auto available = available_memory(device);
  if (!available) return;
  const std::string advice = memory_advice(plan, *available - (device.is_cpu() ? kProgramBytes : 0));
  if (!advice.empty()) log_warning("memory: ", advice);
}

// How often the run goes through the examples; nothing where its length is a time, or there is no pair to count.
std::optional<double> passes_of(const RunConfig& config, const DatasetReport& report, double sequences_an_update) {
  if (report.num_examples == 0) return std::nullopt;
  const double examples = static_cast<double>(report.num_examples);
  const auto& [amount, unit] = config.train.duration;
  switch (unit) {
    case Duration::Unit::kSteps:
      return amount * sequences_an_update / examples;
    case Duration::Unit::kEpochs:
      return amount;
    case Duration::Unit::kTokens:
      return amount / (report.example_tokens.mean() * examples);
    case Duration::Unit::kExamples:
      return amount / examples;
    case Duration::Unit::kSeconds:
      break;
  }
  return std::nullopt;
}

// Raffel et al. 2020 (T5), section 3.4.2: 64 passes over a text did no harm, 256 a little, 1024 much.
void warn_of_passes(const RunConfig& config, const DatasetReport& report, double sequences_an_update) {
  constexpr double kMostPasses = 256;
  const auto passes = passes_of(config, report, sequences_an_update);
  if (!passes || *passes <= kMostPasses || config.train.patience > 0) return;
  log_warning("training data: ", to_string(config.train.duration), " would go through its ",
              grouped_text(report.num_examples), " examples about ", grouped_text(std::llround(*passes)),
              " times, and it will be learned by heart: more text, a shorter train.duration, or train.patience, which "
              "ends the run where held-out losses rise");
}

void log_held_out(const RunConfig& config, const PreparedData& data) {
  const DatasetReport report = inspect_dataset(*data.valid, *data.tokenizer, config.evaluation_loader());
  log_info("held out: ", grouped_text(report.meta.counts.documents), " documents, ",
           grouped_text(report.meta.counts.tokens), " tokens; ",
           grouped_text(std::min(report.num_examples, config.train.evaluate_examples)), " of ",
           grouped_text(report.num_examples), " examples are evaluated");
}

}  // namespace

void log_start_up(const TrainingRun& run) {
  const RunConfig& config = run.config;
  const PreparedData& data = run.data;
  const BertConfig& model = config.model;
  log_info("model: ", model.num_hidden_layers, " layers of ", model.hidden_size, ", ", model.num_attention_heads,
           " heads, vocabulary ", grouped_text(model.vocab_size), ": ", grouped_text(run.store.num_parameters()),
           " parameters");

  const DatasetReport report = inspect_dataset(*data.train, *data.tokenizer, config.loader());
  const DatasetCounts& counts = report.meta.counts;
  log_info("data: ", grouped_text(counts.documents), " documents, ", grouped_text(counts.sentences), " sentences, ",
           grouped_text(counts.tokens), " tokens; ", grouped_text(report.num_examples), " examples an epoch");

  if (data.valid) log_held_out(config, data);

  const bool counts_tokens = config.train.batch_tokens > 0;
  const double sequences = counts_tokens ? static_cast<double>(config.train.batch_tokens) / report.example_tokens.mean()
                                         : static_cast<double>(config.train.batch_size);
  const double updates = std::ceil(static_cast<double>(report.num_examples) / sequences);
  log_info("updates: ", counts_tokens ? "about " : "", std::llround(sequences), " sequences of at most ",
           config.data.pairing.max_seq_length, ", about ",
           grouped_text(std::llround(report.example_tokens.mean() * sequences)), " tokens; ",
           grouped_text(std::llround(updates)), " an epoch; for ", to_string(config.train.duration));
  if (config.train.initial_batch_size > 0) {
    log_info("batches grow from ", config.train.initial_batch_size, " sequences over the first ",
             to_string(config.train.batch_ramp));
  }
  const std::string kernels = run.model->kernels().name();
  log_info("computing on ", run.device.str(), " in ", config.train.precision, " with ", at::get_num_threads(),
           " threads, ", run.device.is_cpu() ? kernels + " kernels, " : "", "seed ", config.train.seed);
  if (!run.group.is_alone()) {
    log_info("this is rank 0 of ", run.group.num_ranks(), ", which share each update's sequences",
             run.optimizer->is_sharded() ? " and the optimizer's state" : "");
  }
  log_memory(memory_plan(run, kernels), run.device);
  for (const std::string& warning : report.warnings) log_warning("training data: ", warning);
  warn_of_passes(config, report, sequences);
}

}  // namespace bertforge
