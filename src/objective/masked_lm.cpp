#include "bertforge/objective/masked_lm.h"

#include "cross_entropy.h"

namespace bertforge {
namespace {

class MaskedLm : public Objective {
 public:
  std::string name() const override { return "masked_lm"; }
  std::int64_t count(const Batch& batch) const override { return batch.num_masked(); }
  at::Tensor rows(const PreTrainingBatch& batch) const override { return batch.targets.masked_rows; }
  LossTerm loss(BertForPreTraining& model, const at::Tensor& hidden, const PreTrainingBatch& batch) const override {
    const at::Tensor& labels = batch.targets.masked_labels;
    if (auto fused = model->fused_prediction_loss(hidden, labels)) {
      return {.name = name(),
              .sum = fused->sum,
              .count = labels.size(0),
              .predictions = fused->predictions,
              .labels = labels};
    }
    return cross_entropy_term(name(), model->prediction_logits(hidden), labels);
  }
};

}  // namespace

std::unique_ptr<Objective> make_masked_lm() { return std::make_unique<MaskedLm>(); }

}  // namespace bertforge
