#pragma once
// Masked language model: cross-entropy of the pieces that masking took away. Source: Devlin et al. 2019, section 3.1, task 1.

#include "bertforge/objective/objective.h"

namespace bertforge {

std::unique_ptr<Objective> make_masked_lm();

}  // namespace bertforge
