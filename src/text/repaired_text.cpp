#include "repaired_text.h"

#include "bertforge/text/unicode.h"

namespace bertforge {

RepairedText::RepairedText(std::string_view original) : original_(original) {
  if (find_invalid_utf8(original) == std::string_view::npos) return;
  for (std::size_t at = 0; at < original.size();) {
    const std::size_t begin = at;
    append_utf8(repaired_, decode_utf8(original, at));
    sources_.resize(repaired_.size(), begin);
  }
  sources_.push_back(original.size());
}

}  // namespace bertforge
