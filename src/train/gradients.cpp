#include "bertforge/train/gradients.h"

#include <torch/types.h>

namespace bertforge {

std::vector<TermMetrics> accumulate_gradients(BertForPreTraining& model, ParameterStore& store,
                                              const std::vector<std::unique_ptr<Objective>>& objectives,
                                              const GlobalBatch& batch, const PassSettings& settings) {
  return add_module_gradients(model, objectives, batch, settings, [&] { store.collect_gradients(); });
}

std::vector<TermMetrics> add_module_gradients(BertForPreTraining& model,
                                              const std::vector<std::unique_ptr<Objective>>& objectives,
                                              const GlobalBatch& batch, const PassSettings& settings,
                                              const std::function<void()>& after_backward) {
  std::vector<std::int64_t> counts(objectives.size(), 0);
  for (const Batch& part : batch.micro_batches) {
    for (std::size_t i = 0; i < objectives.size(); ++i) counts[i] += objectives[i]->count(part);
  }
  std::vector<std::vector<TermSums>> sums;  // Of each part
  for (const Batch& part : batch.micro_batches) {
    const PreTrainingBatch tensors = to_tensors(part, model->config.pad_token_id, settings.device);
    const ForwardContext context = {.dropout = DropoutStream{settings.dropout_key, part.first_example},
                                    .checkpoints_activations = settings.checkpoints_activations};
    const std::vector<LossTerm> terms = loss_terms(model, objectives, tensors, context);
    at::Tensor loss;
    for (std::size_t i = 0; i < objectives.size(); ++i) {
      if (terms[i].count == 0) continue;
      const auto share = terms[i].sum / (static_cast<double>(counts[i]) / settings.loss_scale);
      loss = loss.defined() ? loss + share : share;
    }
    if (loss.defined()) {  // Else this part has no target.
      loss.backward();
      after_backward();
    }
    std::vector<TermSums>& of_part = sums.emplace_back();
    for (const LossTerm& term : terms) of_part.push_back(sums_of(term));
  }
  // Behind all parts: reading numbers back waits for the device, which has the next part to compute with meanwhile.
  std::vector<TermMetrics> metrics(objectives.size());
  for (const std::vector<TermSums>& of_part : sums) {
    for (std::size_t i = 0; i < objectives.size(); ++i) add_sums(metrics[i], of_part[i]);
  }
  return metrics;
}

}  // namespace bertforge
