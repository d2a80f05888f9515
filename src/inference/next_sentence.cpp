#include "bertforge/inference/next_sentence.h"

#include <torch/types.h>

namespace bertforge {

std::vector<double> next_sentence_probabilities(EncoderSession& session, const std::vector<Sequence>& pairs) {
  std::vector<double> probabilities(pairs.size());
  session.run(pairs, [&](const SequenceBatch& batch) {
    const auto first_rows = batch.output.last_hidden_state.select(1, 0);
    const auto logits = session.model()->seq_relationship_logits(first_rows);  // [B, 2]
    const auto follows = torch::softmax(logits.to(at::kDouble), 1).select(1, 0).cpu().contiguous();
    for (std::size_t b = 0; b < batch.indices.size(); ++b)
      probabilities[batch.indices[b]] = follows.data_ptr<double>()[b];
  });
  return probabilities;
}

}  // namespace bertforge
