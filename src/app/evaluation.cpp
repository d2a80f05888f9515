#include "bertforge/app/evaluation.h"

#include "bertforge/objective/objective.h"

namespace bertforge {

std::vector<std::int64_t> count_possible_targets(const TokenStore& store, const Tokenizer& tokenizer,
                                                 const MaskingConfig& masking) {
  const MaskingVocabulary vocabulary = masking_vocabulary(tokenizer, masking);
  std::vector<std::int64_t> counts(vocabulary.is_maskable.size(), 0);
  std::vector<TokenId> ids;
  for (std::int64_t document = 0; document < store.num_documents(); ++document) {
    ids.clear();
    store.append(store.index().tokens(store.index().document(document)), ids);
    for (const TokenId id : ids)
      counts[static_cast<std::size_t>(id)] += vocabulary.is_maskable[static_cast<std::size_t>(id)];
  }
  return counts;
}

Evaluator make_evaluator(const EvaluationData& data, const LoaderConfig& loader,
                         const std::vector<std::string>& objectives, std::int64_t max_examples, std::uint64_t seed,
                         at::Device device, ProcessGroup& group) {
  std::vector<std::int64_t> counts;
  if (data.training != nullptr) counts = count_possible_targets(*data.training, data.tokenizer, loader.masking);
  LoaderConfig share = loader;  // Of several ranks each gets a part of what would be one batch.
  const std::int64_t num_ranks = group.num_ranks();
  if (num_ranks > 1 && share.micro_batch_size == 0)
    share.micro_batch_size = (share.batch_size + num_ranks - 1) / num_ranks;
  return Evaluator(make_evaluation_batches(data.held_out, data.tokenizer, share, max_examples, seed),
                   make_objectives(objectives), device, counts, group);
}

}  // namespace bertforge
