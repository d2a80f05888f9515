#pragma once
// What stands behind [MASK]: the masked-LM head's likeliest pieces.
//
// Fed by encoder_session.h; eaten by the command fill-mask. Source: Devlin et al. 2019, section 3.1.

#include <cstdint>
#include <string>
#include <vector>

#include "bertforge/inference/encoder_session.h"

namespace bertforge {

struct MaskPrediction {
  TokenId id = 0;
  double probability = 0;
};

// One [MASK] of a text, and what may stand there, the likeliest first; equal ones by id.
struct FilledMask {
  std::int32_t place = 0;  // Of the token in the sequence; [CLS] is 0.
  std::vector<MaskPrediction> predictions;
};

// The masks of each sequence, in order; each is predicted with the others left as they are. `top` at most as many as there
// are pieces. A model may have more embeddings than there are pieces: probabilities are of the pieces.
// REQUIRES: session.require_head("masked_lm", ...).
std::vector<std::vector<FilledMask>> fill_masks(EncoderSession& session, const std::vector<Sequence>& sequences,
                                                std::int64_t top);

}  // namespace bertforge
