#pragma once
// What the objectives of this room have in common: a sum of cross-entropies, with the predictions.

#include <string>

#include "bertforge/objective/objective.h"

namespace bertforge {

// `logits` [N, classes] in any precision, `labels` [N] int64; computed in float32 (float64 stays float64).
LossTerm cross_entropy_term(std::string name, const at::Tensor& logits, const at::Tensor& labels);

}  // namespace bertforge
