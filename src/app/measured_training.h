#pragma once
// A model that trains on one batch over and over, and where its time goes: what `bertforge benchmark train` measures.

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "benchmark_workload.h"
#include "bertforge/model/bert.h"
#include "bertforge/model/parameters.h"
#include "bertforge/objective/objective.h"
#include "bertforge/train/adamw.h"
#include "bertforge/train/loss_scaler.h"

namespace bertforge {

class MeasuredTraining {
 public:
  // `batch` outlives it.
  MeasuredTraining(const TrainBenchmark& benchmark, const GlobalBatch& batch, const std::string& kernels);

  // Forward and backward, clipping and update.
  void step(bool is_measured);

  std::string kernels() const { return model_->kernels().name(); }
  double median_seconds() const;  // A step; REQUIRES: one was measured.
  // Milliseconds a step, means over the steps measured.
  nlohmann::ordered_json part_milliseconds() const;

 private:
  EncoderTimes encoder_times() const;
  void add_encoder_times(const EncoderTimes& before);

  const GlobalBatch& batch_;
  const bool checkpoints_activations_;
  const Computing on_;
  BertForPreTraining model_;
  ParameterStore store_;
  AdamW optimizer_;
  LossScaler scaler_;  // Of float16
  std::vector<std::unique_ptr<Objective>> objectives_;
  std::int64_t num_steps_ = 0;
  std::vector<double> seconds_;  // Of the steps measured
  double optimizer_seconds_ = 0;
  EncoderTimes parts_;
};

}  // namespace bertforge
