#pragma once
// Text whose bytes that are not UTF-8 became U+FFFD, and where each byte of it came from.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bertforge {

class RepairedText {
 public:
  explicit RepairedText(std::string_view original);

  std::string_view text() const { return sources_.empty() ? original_ : std::string_view(repaired_); }

  // The place in the original of a character's beginning, or of the text's end.
  std::size_t source(std::size_t position) const { return sources_.empty() ? position : sources_[position]; }

 private:
  std::string_view original_;
  std::string repaired_;
  std::vector<std::size_t> sources_;  // Of each byte of repaired_, and its end; empty where nothing was to be repaired.
};

}  // namespace bertforge
