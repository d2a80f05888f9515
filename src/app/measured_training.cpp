#include "measured_training.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "benchmarks.h"
#include "bertforge/base/random.h"
#include "bertforge/train/gradients.h"

namespace bertforge {
namespace {

BertForPreTraining initialized_model(const BertConfig& config) {
  BertForPreTraining model(config);
  initialize_weights(model, 1);
  return model;
}

}  // namespace

MeasuredTraining::MeasuredTraining(const TrainBenchmark& benchmark, const GlobalBatch& batch,
                                   const std::string& kernels)
    : batch_(batch),
      checkpoints_activations_(benchmark.checkpoints_activations),
      on_(benchmark),
      model_(initialized_model(benchmark.model)),
      store_(*model_, on_.device, on_.precision),
      optimizer_(store_, OptimizerConfig()),
      objectives_(make_objectives({"masked_lm", "next_sentence"})) {
  model_->choose_kernels(kernels, &store_);
  optimizer_.choose_kernels(model_->kernels().table());
}

void MeasuredTraining::step(bool is_measured) {
  const EncoderTimes before = encoder_times();
  const double loss_scale = on_.precision == Precision::kFloat16 ? scaler_.scale() : 1;
  const Stopwatch whole;
  store_.zero_gradients();
  accumulate_gradients(model_, store_, objectives_, batch_,
                       {.dropout_key = CounterRandom(1).fork(RandomPurpose::kDropout, ++num_steps_).key(),
                        .device = on_.device,
                        .checkpoints_activations = checkpoints_activations_,
                        .loss_scale = loss_scale});
  const double passes = whole.seconds();
  const double norm = optimizer_.gradient_norm() / loss_scale;
  if (std::isfinite(norm)) optimizer_.update(num_steps_, 1e-4, clip_factor(norm, 1.0) / loss_scale);
  if (on_.precision == Precision::kFloat16) scaler_.update(std::isfinite(norm));
  wait_for(on_.device);
  if (!is_measured) return;
  seconds_.push_back(whole.seconds());
  optimizer_seconds_ += whole.seconds() - passes;
  add_encoder_times(before);
}

double MeasuredTraining::median_seconds() const { return median(seconds_); }

nlohmann::ordered_json MeasuredTraining::part_milliseconds() const {
  const double scale = 1e3 / static_cast<double>(seconds_.size());
  double total = 0;
  for (const double seconds : seconds_) total += seconds;
  const double encoder =
      parts_.products + parts_.attention + parts_.normalization + parts_.activation + parts_.embeddings;
  nlohmann::ordered_json parts;
  if (model_->bert->fused_encoder != nullptr) {
    parts = {{"encoder_products", parts_.products * scale},
             {"attention", parts_.attention * scale},
             {"layer_norm_and_residual", parts_.normalization * scale},
             {"bias_and_activation", parts_.activation * scale},
             {"embeddings", parts_.embeddings * scale},
             {"heads_losses_and_rest", (total - encoder - optimizer_seconds_) * scale}};
  } else {
    parts = {{"forward_and_backward", (total - optimizer_seconds_) * scale}};
  }
  parts["clipping_and_update"] = optimizer_seconds_ * scale;
  return parts;
}

EncoderTimes MeasuredTraining::encoder_times() const {
  const FusedEncoder* const encoder = model_->bert->fused_encoder.get();
  return encoder != nullptr ? encoder->times() : EncoderTimes();
}

void MeasuredTraining::add_encoder_times(const EncoderTimes& before) {
  const EncoderTimes after = encoder_times();
  parts_.products += after.products - before.products;
  parts_.attention += after.attention - before.attention;
  parts_.normalization += after.normalization - before.normalization;
  parts_.activation += after.activation - before.activation;
  parts_.embeddings += after.embeddings - before.embeddings;
}

}  // namespace bertforge
