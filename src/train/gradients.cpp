#include "bertforge/train/gradients.h"

#include <torch/types.h>

namespace bertforge {

std::vector<TermMetrics> accumulate_gradients(BertForPreTraining& model, ParameterStore& store,
                                              const std::vector<std::unique_ptr<Objective>>& objectives,
                                              const GlobalBatch& batch, std::uint64_t dropout_key, at::Device device) {
  std::vector<std::int64_t> counts(objectives.size(), 0);
  for (const Batch& part : batch.micro_batches) {
    for (std::size_t i = 0; i < objectives.size(); ++i) counts[i] += objectives[i]->count(part);
  }
  std::vector<TermMetrics> metrics(objectives.size());
  for (const Batch& part : batch.micro_batches) {
    const PreTrainingBatch tensors = to_tensors(part, model->config.pad_token_id, device);
    const ForwardContext context = {.dropout = DropoutStream{dropout_key, part.first_example}};
    const std::vector<LossTerm> terms = loss_terms(model, objectives, tensors, context);
    at::Tensor loss;
    for (std::size_t i = 0; i < objectives.size(); ++i) {
      if (terms[i].count == 0) continue;
      const auto share = terms[i].sum / static_cast<double>(counts[i]);
      loss = loss.defined() ? loss + share : share;
    }
    if (loss.defined()) {  // Else this part has no target.
      loss.backward();
      store.collect_gradients();
    }
    // After backward: reading numbers back waits for the device.
    for (std::size_t i = 0; i < objectives.size(); ++i) add_term(metrics[i], terms[i]);
  }
  return metrics;
}

}  // namespace bertforge
