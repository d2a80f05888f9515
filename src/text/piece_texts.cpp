#include "piece_texts.h"

#include <utility>

namespace bertforge {

namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
}

// The reference cleans each piece with the space before it, in this order; so " ' " is never found.
void clean_up_spaces(std::string& piece) {
  static constexpr std::pair<std::string_view, std::string_view> kReplacements[] = {
      {" .", "."},   {" ?", "?"},           {" !", "!"},   {" ,", ","},     {" ' ", "'"},   {" n't", "n't"},
      {" 'm", "'m"}, {" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
  if (piece.find_first_of(".?!,' ", 1) == std::string::npos) return;  // Nothing of them can be in it.
  for (const auto& [from, to] : kReplacements) replace_all(piece, from, to);
}

}  // namespace

PieceTexts::PieceTexts(const Vocabulary& vocabulary, std::string_view suffix_indicator, Compat compat) {
  const bool is_keras = compat == Compat::kKeras;
  begins_.reserve(2 * static_cast<std::size_t>(vocabulary.size()) + 1);
  for (const std::string& piece : vocabulary.pieces()) {
    const bool is_bare = piece.size() == suffix_indicator.size();
    const bool joins = piece.starts_with(suffix_indicator) && !(is_keras && is_bare);
    std::string first = piece, later = joins ? piece.substr(suffix_indicator.size()) : " " + piece;
    if (!is_keras) clean_up_spaces(first), clean_up_spaces(later);
    append(first);
    append(later);
  }
}

void PieceTexts::append(std::string_view text) {
  texts_ += text;
  begins_.push_back(texts_.size());
}

}  // namespace bertforge
