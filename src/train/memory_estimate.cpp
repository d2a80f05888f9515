#include "bertforge/train/memory_estimate.h"

#include <algorithm>

#include "bertforge/base/error.h"
#include "bertforge/base/figure_text.h"
#include "bertforge/kernels/attention.h"
#include "bertforge/kernels/dropout.h"
#include "bertforge/kernels/kernel_table.h"

namespace bertforge {
namespace {

constexpr std::int64_t kFloatBytes = 4, kHalfBytes = 2, kWordBytes = 8;

std::int64_t number_of_parameters(const BertConfig& model) {
  const std::int64_t hidden = model.hidden_size, middle = model.intermediate_size, norm = 2 * hidden;
  const std::int64_t dense = hidden * hidden + hidden;
  const std::int64_t embeddings =
      (model.vocab_size + model.max_position_embeddings + model.type_vocab_size) * hidden + norm;
  const std::int64_t layer = 4 * dense + norm + 2 * hidden * middle + middle + hidden + norm;
  const std::int64_t pooler_and_heads = dense + dense + norm + model.vocab_size + 2 * hidden + 2;
  return embeddings + model.num_hidden_layers * layer + pooler_and_heads;
}

// The sizes that the formulas below are made of.
struct PassSizes {
  explicit PassSizes(const MemoryPlan& plan)
      : hidden(plan.model.hidden_size),
        middle(plan.model.intermediate_size),
        heads(plan.model.num_attention_heads),
        layers(plan.model.num_hidden_layers),
        vocabulary(plan.model.vocab_size),
        sequences(plan.num_sequences),
        length(plan.sequence_length),
        rows(sequences * length),
        targets(sequences * plan.targets_per_sequence),
        number(plan.precision != Precision::kFloat32 ? kHalfBytes : kFloatBytes) {}

  std::int64_t hidden, middle, heads, layers, vocabulary;
  std::int64_t sequences, length, rows, targets;
  std::int64_t number;  // Bytes of one of weights and activations
};

std::int64_t sum_blocks(std::int64_t num_rows) { return (num_rows + kRowsPerSum - 1) / kRowsPerSum; }

// NormBuffers of so many rows.
std::int64_t fused_norm_bytes(const PassSizes& sizes, std::int64_t num_rows) {
  return num_rows * (sizes.number * sizes.hidden + 2 * kFloatBytes + kWordBytes * bit_words(sizes.hidden));
}

// LayerBuffers of a layer in which so many rows go on behind attention.
std::int64_t fused_layer_bytes(const PassSizes& sizes, std::int64_t rows_behind) {
  const std::int64_t hidden = sizes.hidden;
  const std::int64_t qkv_and_context = sizes.rows * 4 * hidden + 3 * hidden;
  const std::int64_t middle_and_expanded = rows_behind * (hidden + 2 * sizes.middle);
  const std::int64_t attention = sizes.heads * sizes.rows * (kFloatBytes + kWordBytes * bit_words(sizes.length));
  return sizes.number * (qkv_and_context + middle_and_expanded) + attention + 2 * fused_norm_bytes(sizes, rows_behind);
}

// TypedFusedEncoder's buffers. The losses read `read` rows of the last layer: the targets and [CLS].
std::int64_t fused_activations(const MemoryPlan& plan, const PassSizes& sizes) {
  const std::int64_t hidden = sizes.hidden, rows = sizes.rows, read = sizes.targets + sizes.sequences;
  const std::int64_t most_behind = sizes.layers > 1 ? rows : read;
  const std::int64_t layers = plan.checkpoints_activations ? fused_layer_bytes(sizes, most_behind)
                                                           : (sizes.layers - 1) * fused_layer_bytes(sizes, rows) +
                                                                 fused_layer_bytes(sizes, read);
  const std::int64_t outputs = sizes.number * hidden * ((sizes.layers - 1) * rows + read);
  const std::int64_t output_rows = 4 * sizes.number * hidden * read;
  const std::int64_t embeddings = sizes.number * hidden * rows + fused_norm_bytes(sizes, rows);
  const std::int64_t gradients =
      sizes.number * (5 * hidden * rows + (hidden + sizes.middle) * most_behind) + kFloatBytes * hidden * rows;
  const std::int64_t sums =
      kFloatBytes * std::max(3 * hidden * sum_blocks(rows), sizes.middle * sum_blocks(most_behind));
  const std::int64_t scratch =
      kFloatBytes * attention_scratch_size(sizes.length, plan.model.head_size()) * plan.num_threads;
  return layers + outputs + output_rows + embeddings + gradients + sums + scratch;
}

// What the nodes of one layer keep. Of H numbers: the input, for the products that make query, key and value; the three
// themselves, as attention's products see them; the context; and the first half's output. Of I: what the activation
// takes (gelu) and what it gives. Of A T, where they are kept: probabilities, and what dropout leaves of
// them. LayerNorm keeps its sum, and mean and deviation, in float32 always.
std::int64_t plain_layer_bytes(const MemoryPlan& plan, const PassSizes& sizes) {
  const std::int64_t drops = plan.model.attention_probs_dropout_prob > 0;
  const std::int64_t probabilities = plan.keeps_probabilities ? 1 + drops : 0;
  const std::int64_t kept = 6 * sizes.hidden + 2 * sizes.middle + probabilities * sizes.heads * sizes.length;
  const std::int64_t sums = 2 * (sizes.hidden + 2);
  return sizes.rows * (sizes.number * kept + kFloatBytes * sums);
}

std::int64_t plain_activations(const MemoryPlan& plan, const PassSizes& sizes) {
  const std::int64_t layer = plain_layer_bytes(plan, sizes), input = sizes.rows * sizes.number * sizes.hidden;
  const std::int64_t layers = plan.checkpoints_activations ? (sizes.layers - 1) * input + layer : sizes.layers * layer;
  const std::int64_t embeddings = sizes.rows * kFloatBytes * (sizes.hidden + 2);
  // The gradient of a step and of the one before it, where they are largest.
  const std::int64_t scores = plan.keeps_probabilities ? sizes.heads * sizes.length : 0;
  const std::int64_t largest = 2 * std::max(sizes.middle, scores) + 4 * sizes.hidden;
  return layers + embeddings + sizes.rows * sizes.number * largest;
}

// Fused: logits that become their gradient, sums of the bias's, and in bfloat16 the gradient of the table as LibTorch's
// product gives it (our own, where it runs, adds to the sums at once). Plain: log-probabilities, their gradient and the logits'.
std::int64_t score_bytes(const MemoryPlan& plan, const PassSizes& sizes) {
  if (!plan.is_fused) return 3 * kFloatBytes * sizes.targets * sizes.vocabulary;
  const std::int64_t product = plan.precision != Precision::kFloat32 ? kHalfBytes * sizes.vocabulary * sizes.hidden : 0;
  return sizes.vocabulary * (sizes.number * sizes.targets + kFloatBytes * (1 + sum_blocks(sizes.targets))) + product;
}

// Beside the store's: the modules' own in bfloat16; in float32 that of the word embeddings, which waits for its second
// part, from the other end of the model.
std::int64_t module_gradient_bytes(const MemoryPlan& plan, const PassSizes& sizes, std::int64_t num_parameters) {
  if (plan.is_fused) return 0;
  return plan.precision != Precision::kFloat32 ? kHalfBytes * num_parameters
                                               : kFloatBytes * sizes.vocabulary * sizes.hidden;
}

std::string in_unit(std::int64_t bytes, bool is_in_gigabytes) {
  return fixed_text(static_cast<double>(bytes) / (is_in_gigabytes ? 1e9 : 1e6), is_in_gigabytes ? 1 : 0);
}

bool counts_in_gigabytes(std::int64_t bytes) { return bytes >= 1000000000; }

std::string bytes_text(std::int64_t bytes) {
  return in_unit(bytes, counts_in_gigabytes(bytes)) + (counts_in_gigabytes(bytes) ? " GB" : " MB");
}

// The most sequences at a time that fit; 0 where not even one does.
std::int64_t sequences_that_fit(MemoryPlan plan, std::int64_t available) {
  std::int64_t fits = 0, too_many = plan.num_sequences;
  while (fits + 1 < too_many) {
    plan.num_sequences = fits + (too_many - fits) / 2;
    (estimate_memory(plan).total() <= available ? fits : too_many) = plan.num_sequences;
  }
  return fits;
}

}  // namespace

MemoryEstimate estimate_memory(const MemoryPlan& plan) {
  const PassSizes sizes(plan);
  const std::int64_t num_parameters = number_of_parameters(plan.model);
  const std::int64_t flat = kFloatBytes * num_parameters;
  return {.weights = flat,
          .compute_copy = plan.precision != Precision::kFloat32 ? kHalfBytes * num_parameters : 0,
          .gradients = flat + module_gradient_bytes(plan, sizes, num_parameters),
          .optimizer = 2 * flat / plan.num_shards + (plan.keeps_average ? flat : 0),
          .activations = plan.is_fused ? fused_activations(plan, sizes) : plain_activations(plan, sizes),
          .vocabulary_scores = score_bytes(plan, sizes)};
}

std::string to_text(const MemoryEstimate& estimate) {
  const bool is_large = counts_in_gigabytes(estimate.total());
  return concat("about ", bytes_text(estimate.total()), ": weights and optimizer ",
                in_unit(estimate.weights_and_optimizer(), is_large), ", activations ",
                in_unit(estimate.activations, is_large), ", vocabulary scores ",
                in_unit(estimate.vocabulary_scores, is_large));
}

std::string memory_advice(const MemoryPlan& plan, std::int64_t available) {
  const std::int64_t total = estimate_memory(plan).total();
  if (total <= available) return "";
  MemoryPlan checkpointed = plan;
  checkpointed.checkpoints_activations = true;
  const std::int64_t fits = sequences_that_fit(plan, available), most = sequences_that_fit(checkpointed, available);
  std::string advice;
  if (fits > 0) advice = concat("train.micro_batch_size = ", fits);
  if (estimate_memory(checkpointed).total() <= available) {
    advice += concat(advice.empty() ? "" : " or ", "train.activation_checkpointing = true");
  } else if (most > fits) {
    advice += concat(advice.empty() ? "" : ", or ", "train.micro_batch_size = ", most,
                     " with train.activation_checkpointing = true");
  }
  return concat("training takes about ", bytes_text(total), ", and about ",
                bytes_text(std::max<std::int64_t>(0, available)), " can be had; ",
                advice.empty() ? "a smaller model or a smaller data.max_seq_length takes less" : advice + " would fit");
}

}  // namespace bertforge
