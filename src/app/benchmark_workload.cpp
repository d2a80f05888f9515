#include "benchmark_workload.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "benchmarks.h"
#include "bertforge/base/random.h"
#include "bertforge/model/attention.h"
#include "bertforge/train/memory_estimate.h"

namespace bertforge {

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

// Three products forward and backward for each weight, the vocabulary's for the rows to predict only, and attention's over
// each sequence's own length. Fused kernels compute what stands behind the last layer's attention for the rows alone that
// the losses read. With activation checkpointing forward products come twice, on the fused path but those of the last layer.
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

double estimated_megabytes(const TrainBenchmark& benchmark, const Batch& batch, bool is_fused) {
  const Computing on(benchmark);
  const MemoryPlan plan = {.model = benchmark.model,
                           .num_sequences = benchmark.batch_size,
                           .sequence_length = benchmark.sequence_length,
                           .targets_per_sequence = batch.num_masked() / batch.num_sequences(),
                           .num_threads = at::get_num_threads(),
                           .precision = on.precision,
                           .is_fused = is_fused,
                           .checkpoints_activations = benchmark.checkpoints_activations,
                           .keeps_probabilities = !has_sdpa(on.device) || benchmark.dropout > 0};
  return static_cast<double>(estimate_memory(plan).total()) / 1e6;
}

double peak_operations_per_second(const TrainBenchmark& benchmark, const Batch& batch) {
  const torch::NoGradGuard no_grad;
  const Computing on(benchmark);
  const auto options = at::TensorOptions().dtype(scalar_type(on.precision)).device(on.device);
  const std::int64_t rows = batch.num_tokens(), hidden = benchmark.model.hidden_size;
  double best = 0;
  for (const auto& [m, k, n] :
       {std::array{rows, hidden, 3 * hidden}, std::array{rows, hidden, benchmark.model.intermediate_size},
        std::array{rows, benchmark.model.intermediate_size, hidden},
        std::array{batch.num_masked(), hidden, benchmark.model.vocab_size}}) {
    const auto a = torch::randn({m, k}, options), b = torch::randn({k, n}, options);
    auto c = torch::empty({m, n}, options);
    for (int i = 0; i < 6; ++i) {
      wait_for(on.device);
      const Stopwatch stopwatch;
      at::mm_out(c, a, b);
      wait_for(on.device);
      best = std::max(
          best, 2 * static_cast<double>(m) * static_cast<double>(k) * static_cast<double>(n) / stopwatch.seconds());
    }
  }
  return best;
}

}  // namespace bertforge
