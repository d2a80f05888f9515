#include "bertforge/inference/fill_mask.h"

#include <torch/torch.h>

#include <algorithm>

namespace bertforge {
namespace {

std::vector<std::int32_t> masks_of(const Sequence& sequence, TokenId mask) {
  std::vector<std::int32_t> places;
  for (std::int32_t i = 0; i < static_cast<std::int32_t>(sequence.length()); ++i) {
    if (sequence.tokens[static_cast<std::size_t>(i)].id == mask) places.push_back(i);
  }
  return places;
}

// `probabilities` [V] float32 on the CPU.
std::vector<MaskPrediction> likeliest(const at::Tensor& probabilities, std::int64_t top) {
  const float* const values = probabilities.data_ptr<float>();
  std::vector<TokenId> order(static_cast<std::size_t>(probabilities.numel()));
  for (std::size_t id = 0; id < order.size(); ++id) order[id] = static_cast<TokenId>(id);
  const auto end = order.begin() + std::min<std::int64_t>(top, std::ssize(order));
  std::partial_sort(order.begin(), end, order.end(), [&](TokenId a, TokenId b) {
    return values[a] != values[b] ? values[a] > values[b] : a < b;
  });
  std::vector<MaskPrediction> predictions;
  for (auto id = order.begin(); id != end; ++id) predictions.push_back({*id, values[*id]});
  return predictions;
}

}  // namespace

std::vector<std::vector<FilledMask>> fill_masks(EncoderSession& session, const std::vector<Sequence>& sequences,
                                                std::int64_t top) {
  const torch::NoGradGuard no_grad;
  // The model may have more embeddings than there are pieces; those are nothing to show.
  const std::int64_t num_pieces = session.tokenizer().vocabulary_size();
  std::vector<std::vector<FilledMask>> filled(sequences.size());
  session.run(sequences, [&](const SequenceBatch& batch) {
    const at::Tensor& hidden = batch.output.last_hidden_state;
    for (std::size_t b = 0; b < batch.indices.size(); ++b) {
      const std::size_t i = batch.indices[b];
      for (const std::int32_t place : masks_of(sequences[i], session.tokenizer().special_tokens().mask)) {
        const auto row = torch::tensor({static_cast<std::int64_t>(b) * hidden.size(1) + place}, hidden.device());
        const auto logits = session.model()->prediction_logits(hidden, row)[0].narrow(0, 0, num_pieces);
        const auto probabilities = torch::softmax(logits.to(at::kFloat), 0).cpu().contiguous();
        filled[i].push_back({place, likeliest(probabilities, top)});
      }
    }
  });
  return filled;
}

}  // namespace bertforge
