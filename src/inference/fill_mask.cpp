#include "bertforge/inference/fill_mask.h"

#include <torch/types.h>

#include <algorithm>

namespace bertforge {
namespace {

// `probabilities` [V] float32 on the CPU.
std::vector<MaskPrediction> likeliest(const at::Tensor& probabilities, std::int64_t top) {
  const float* const values = probabilities.data_ptr<float>();
  std::vector<TokenId> order(static_cast<std::size_t>(probabilities.numel()));
  for (std::size_t id = 0; id < order.size(); ++id) order[id] = static_cast<TokenId>(id);
  const auto end = order.begin() + std::min<std::int64_t>(top, std::ssize(order));
  std::partial_sort(order.begin(), end, order.end(),
                    [&](TokenId a, TokenId b) { return values[a] != values[b] ? values[a] > values[b] : a < b; });
  std::vector<MaskPrediction> predictions;
  for (auto id = order.begin(); id != end; ++id) predictions.push_back({*id, values[*id]});
  return predictions;
}

// A [MASK] of a batch: which sequence it is of, and where it stands there.
struct MaskPlace {
  std::size_t sequence;  // Its index in the batch.
  std::int32_t place;
};

std::vector<MaskPlace> find_masks(const std::vector<Sequence>& sequences, const std::vector<std::size_t>& indices,
                                  TokenId mask) {
  std::vector<MaskPlace> places;
  for (std::size_t b = 0; b < indices.size(); ++b) {
    const std::vector<Token>& tokens = sequences[indices[b]].tokens;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      if (tokens[i].id == mask) places.push_back({b, static_cast<std::int32_t>(i)});
    }
  }
  return places;
}

}  // namespace

std::vector<std::vector<FilledMask>> fill_masks(EncoderSession& session, const std::vector<Sequence>& sequences,
                                                std::int64_t top) {
  const std::int64_t num_pieces = session.tokenizer().vocabulary_size();
  std::vector<std::vector<FilledMask>> filled(sequences.size());
  session.run(sequences, [&](const SequenceBatch& batch) {
    const at::Tensor& hidden = batch.output.last_hidden_state;  // [B, T, H]
    const auto places = find_masks(sequences, batch.indices, session.tokenizer().special_tokens().mask);
    if (places.empty()) return;
    std::vector<std::int64_t> rows;
    for (const auto& [b, place] : places) rows.push_back(static_cast<std::int64_t>(b) * hidden.size(1) + place);
    const auto masked = hidden.flatten(0, 1).index_select(0, torch::tensor(rows, hidden.device()));
    const auto logits = session.model()->prediction_logits(masked);
    const auto probabilities = torch::softmax(logits.narrow(1, 0, num_pieces).to(at::kFloat), 1).cpu().contiguous();
    for (std::size_t row = 0; row < places.size(); ++row) {
      filled[batch.indices[places[row].sequence]].push_back(
          {places[row].place, likeliest(probabilities[static_cast<std::int64_t>(row)], top)});
    }
  });
  return filled;
}

}  // namespace bertforge
