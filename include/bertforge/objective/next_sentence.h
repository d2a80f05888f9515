#pragma once
// Next sentence prediction: cross-entropy of "B follows A" (0) against "B is random" (1).
// Source: Devlin et al. 2019, section 3.1, task 2; the labels are Google's and Hugging Face's.

#include "bertforge/objective/objective.h"

namespace bertforge {

std::unique_ptr<Objective> make_next_sentence();

}  // namespace bertforge
