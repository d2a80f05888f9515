#include "bertforge/objective/next_sentence.h"

#include <ATen/ATen.h>

#include "cross_entropy.h"

namespace bertforge {
namespace {

class NextSentence : public Objective {
 public:
  std::string name() const override { return "next_sentence"; }
  std::size_t num_classes() const override { return 2; }
  std::int64_t count(const Batch& batch) const override { return batch.num_sequences(); }
  // Those of [CLS].
  at::Tensor rows(const PreTrainingBatch& batch) const override {
    const at::Tensor& ids = batch.input.token_ids;
    return at::arange(0, ids.numel(), ids.size(1), ids.options());
  }
  LossTerm loss(BertForPreTraining& model, const at::Tensor& hidden, const PreTrainingBatch& batch) const override {
    LossTerm term = cross_entropy_term(name(), model->seq_relationship_logits(hidden), batch.targets.is_random_next);
    term.num_classes = num_classes();
    return term;
  }
};

}  // namespace

std::unique_ptr<Objective> make_next_sentence() { return std::make_unique<NextSentence>(); }

}  // namespace bertforge
