#pragma once
// Whether B follows A: the next-sentence head's answer.
//
// Fed by encoder_session.h; eaten by the command next-sentence. Source: Devlin et al. 2019, section 3.1; class 0 of the head
// means that B continues A (google-research/bert, Hugging Face).

#include <vector>

#include "bertforge/inference/encoder_session.h"

namespace bertforge {

// The probability that B follows A, for each sequence of a pair.
// REQUIRES: session.require_head("next_sentence", ...) and ("pooler", ...).
std::vector<double> next_sentence_probabilities(EncoderSession& session, const std::vector<Sequence>& pairs);

}  // namespace bertforge
