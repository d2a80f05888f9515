#pragma once
// Everything that training has reached, besides weights and moments: one plain record, saved and restored with a checkpoint.

#include <cstdint>
#include <optional>
#include <string>

#include "bertforge/base/duration.h"
#include "bertforge/data/batch_loader.h"
#include "bertforge/train/loss_scaler.h"

namespace bertforge {

struct TrainState {
  Progress progress;                // Updates, epochs, tokens, examples, seconds so far
  DataPosition data_position;       // The first example of the next update
  Progress evaluated;               // Where the last held-out evaluation was made
  std::optional<double> best_loss;  // Held-out loss of the first objective, the lowest so far, in nats
  std::int64_t best_step = 0;       // Where it was reached
  std::int64_t evaluations_since_best = 0;
  LossScalerState loss_scaler;  // Of float16
  std::string dataset_hash;     // Of the training data: a resume on other data is refused
  std::string tokenizer_fingerprint;

  bool operator==(const TrainState&) const = default;
};

}  // namespace bertforge
