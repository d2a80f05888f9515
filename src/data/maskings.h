#pragma once
// The makers in the table of masking.cpp.

#include <memory>

#include "bertforge/data/masking.h"

namespace bertforge {

std::unique_ptr<Masking> make_token_masking(const MaskingConfig& config, MaskingVocabulary vocabulary);
std::unique_ptr<Masking> make_whole_word_masking(const MaskingConfig& config, MaskingVocabulary vocabulary);
std::unique_ptr<Masking> make_span_masking(const MaskingConfig& config, MaskingVocabulary vocabulary);

}  // namespace bertforge
