#include "special_matches.h"

namespace bertforge {

bool has_space(std::string_view name) { return name.find_first_of(" \t\r") != std::string_view::npos; }

std::vector<SpecialMatch> find_special_names(std::string_view text, std::span<const SpecialName> names) {
  constexpr auto kNone = std::string_view::npos;
  std::vector<SpecialMatch> matches;
  std::vector<std::size_t> next(names.size());  // Where each stands next, so that none is looked for twice.
  for (std::size_t i = 0; i < names.size(); ++i) next[i] = text.find(names[i].text);
  for (std::size_t position = 0;;) {
    SpecialMatch best{-1, kNone, 0};
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (next[i] != kNone && next[i] < position) next[i] = text.find(names[i].text, position);
      if (next[i] == kNone) continue;
      const std::size_t end = next[i] + names[i].text.size();
      if (next[i] < best.begin || (next[i] == best.begin && end > best.end)) best = {names[i].id, next[i], end};
    }
    if (best.begin == kNone) return matches;
    matches.push_back(best);
    position = best.end;
  }
}

}  // namespace bertforge
