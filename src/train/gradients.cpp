#include "bertforge/train/gradients.h"

#include <torch/types.h>

#include <optional>

namespace bertforge {

std::vector<TermMetrics> accumulate_gradients(BertForPreTraining& model, ParameterStore& store,
                                              const std::vector<std::unique_ptr<Objective>>& objectives,
                                              const GlobalBatch& batch, const PassSettings& settings) {
  return add_module_gradients(model, objectives, batch, settings, [&] { store.collect_gradients(); });
}

std::vector<std::int64_t> count_targets(const std::vector<std::unique_ptr<Objective>>& objectives,
                                        const GlobalBatch& batch) {
  std::vector<std::int64_t> counts(objectives.size(), 0);
  for (const Batch& part : batch.micro_batches) {
    for (std::size_t i = 0; i < objectives.size(); ++i) counts[i] += objectives[i]->count(part);
  }
  return counts;
}

std::vector<TermMetrics> add_module_gradients(BertForPreTraining& model,
                                              const std::vector<std::unique_ptr<Objective>>& objectives,
                                              const GlobalBatch& batch, const PassSettings& settings,
                                              const std::function<void()>& after_backward) {
  const std::vector<std::int64_t> counts =
      settings.target_counts.empty() ? count_targets(objectives, batch) : settings.target_counts;
  std::vector<std::vector<TermSums>> sums;  // Of each part
  for (const Batch& part : batch.micro_batches) {
    const PreTrainingBatch tensors = to_tensors(part, model->config.pad_token_id, settings.device);
    const ForwardContext context = {.dropout = DropoutStream{settings.dropout_key, part.first_example},
                                    .checkpoints_activations = settings.checkpoints_activations};
    std::optional<TraceSpan> span(std::in_place, settings.trace, "compute", "forward");
    const std::vector<LossTerm> terms = loss_terms(model, objectives, tensors, context);
    span.reset();
    at::Tensor loss;
    for (std::size_t i = 0; i < objectives.size(); ++i) {
      if (terms[i].count == 0) continue;
      const auto share = terms[i].sum / (static_cast<double>(counts[i]) / settings.loss_scale);
      loss = loss.defined() ? loss + share : share;
    }
    if (loss.defined()) {  // Else this part has no target.
      if (settings.exchange != nullptr && &part == &batch.micro_batches.back()) settings.exchange->begin();
      span.emplace(settings.trace, "compute", "backward");
      loss.backward();
      after_backward();
      span.reset();
    }
    std::vector<TermSums>& of_part = sums.emplace_back();
    for (const LossTerm& term : terms) of_part.push_back(sums_of(term));
  }
  // Behind all parts: reading numbers back waits for the device, which has the next part to compute with meanwhile.
  std::vector<TermMetrics> metrics = no_metrics(objectives);
  for (const std::vector<TermSums>& of_part : sums) {
    for (std::size_t i = 0; i < objectives.size(); ++i) add_sums(metrics[i], of_part[i]);
  }
  return metrics;
}

}  // namespace bertforge
