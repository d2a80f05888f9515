#include "bertforge/text/sentence_splitter.h"

#include <unicode/brkiter.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uversion.h>

#include <algorithm>
#include <array>
#include <limits>

#include "bertforge/base/error.h"
#include "bertforge/text/unicode.h"

namespace bertforge {

namespace {

constexpr std::string_view kWhiteSpace = " \t\r\n\f\v";

void append_trimmed(std::string_view sentence, std::vector<std::string>& sentences) {
  const std::size_t begin = sentence.find_first_not_of(kWhiteSpace);
  if (begin == std::string_view::npos) return;
  const std::size_t end = sentence.find_last_not_of(kWhiteSpace) + 1;
  const std::string_view trimmed = sentence.substr(begin, end - begin);
  if (!is_blank(trimmed)) sentences.emplace_back(trimmed);
}

// The next token (up to white space) of `text` from `position`, which moves behind it; empty at the end.
std::string_view next_token(std::string_view text, std::size_t& position) {
  const std::size_t begin = std::min(text.find_first_not_of(kWhiteSpace, position), text.size());
  position = std::min(text.find_first_of(kWhiteSpace, begin), text.size());
  return text.substr(begin, position - begin);
}

bool ends_sentence(std::string_view token) { return token == "." || token == "!" || token == "?" || token == "..."; }

bool is_closing_bracket(std::string_view token) {
  return token == ")" || token == "]" || token == "\u201D" || token == "\u2019" || token == "''";
}

bool begins_with_small_letter(std::string_view token) {
  std::size_t position = 0;
  return !token.empty() && u_islower(static_cast<UChar32>(decode_utf8(token, position)));
}

std::string_view last_token(std::string_view text) {
  const std::size_t end = text.find_last_not_of(kWhiteSpace) + 1;  // npos + 1 is 0.
  const std::size_t before = end == 0 ? std::string_view::npos : text.find_last_of(kWhiteSpace, end - 1);
  return text.substr(before + 1, end - (before + 1));
}

// Behind quotation marks and brackets that open.
std::string_view behind_marks(std::string_view token) {
  constexpr std::string_view kOpening[] = {"\"", "'", "(", "[", "\u201C", "\u2018"};
  while (true) {
    const auto* const mark = std::ranges::find_if(kOpening, [&](std::string_view m) { return token.starts_with(m); });
    if (mark == std::end(kOpening)) return token;
    token.remove_prefix(mark->size());
  }
}

// Titles and the like, which stand before a name; ICU's list has others.
constexpr std::string_view kBeforeNames[] = {"Adm", "Brig", "Capt", "Cmdr", "Col", "Cpl",  "Dr",  "Fr",  "Ft",
                                             "Gen", "Gov",  "Lt",   "Maj",  "Mt",  "Prof", "Rev", "Sgt", "St"};
static_assert(std::ranges::is_sorted(kBeforeNames));

// Words that open sentences and are hardly ever part of a name.
constexpr std::string_view kOpeners[] = {
    "A",    "After", "All",  "Although", "An",    "And",   "As",      "At",    "Before", "But", "By",   "During",
    "For",  "From",  "He",   "Her",      "His",   "How",   "However", "I",     "If",     "In",  "It",   "Its",
    "Many", "Most",  "No",   "On",       "One",   "Other", "Our",     "She",   "Since",  "So",  "Some", "That",
    "The",  "Their", "Then", "There",    "These", "They",  "This",    "Those", "To",     "We",  "When", "While"};
static_assert(std::ranges::is_sorted(kOpeners));

// "J." and "U.S.": capital letters with a full stop behind each; "I." alone may be the word.
bool is_letters_with_stops(std::string_view token) {
  if (token.size() < 2 || token.size() % 2 != 0 || token == "I.") return false;
  for (std::size_t i = 0; i < token.size(); i += 2) {
    if (token[i] < 'A' || token[i] > 'Z' || token[i + 1] != '.') return false;
  }
  return true;
}

// Whether `next`, where ICU begins another sentence, belongs to the sentence before it.
bool goes_on(std::string_view before, std::string_view next) {
  std::size_t position = 0;
  const std::string_view first = behind_marks(next_token(next, position));
  if (begins_with_small_letter(first)) return true;
  const std::string_view last = behind_marks(last_token(before));
  if (!last.ends_with('.') || first.empty()) return false;
  if (std::ranges::binary_search(kBeforeNames, last.substr(0, last.size() - 1))) return true;
  const std::string_view word = first.substr(0, first.find_first_of(",.;:!?'\""));
  return is_letters_with_stops(last) && !std::ranges::binary_search(kOpeners, word);
}

// Straight quotation marks close where an odd number stands before them in the paragraph.
void split_tokenized(std::string_view paragraph, std::vector<std::string>& sentences) {
  std::size_t sentence_begin = 0, position = 0;
  bool in_quotation = false, after_mark = false;
  while (true) {
    const std::size_t token_begin = position;
    const std::string_view token = next_token(paragraph, position);
    if (token.empty()) break;
    const bool is_quote = token == "\"";
    const bool closes = is_closing_bracket(token) || (is_quote && in_quotation);
    if (after_mark && !closes && !ends_sentence(token)) {
      after_mark = false;
      if (!begins_with_small_letter(token)) {
        append_trimmed(paragraph.substr(sentence_begin, token_begin - sentence_begin), sentences);
        sentence_begin = token_begin;
      }
    }
    if (is_quote) in_quotation = !in_quotation;
    if (ends_sentence(token)) after_mark = true;
  }
  append_trimmed(paragraph.substr(sentence_begin), sentences);
}

}  // namespace

struct SentenceSplitter::Breaks {
  std::unique_ptr<icu::BreakIterator> iterator;
};

SentenceSplitter::SentenceSplitter() : breaks_(std::make_unique<Breaks>()) {
  UErrorCode status = U_ZERO_ERROR;
  breaks_->iterator.reset(icu::BreakIterator::createSentenceInstance(icu::Locale("en@ss=standard"), status));
  if (U_FAILURE(status)) fail(ErrorKind::kEnvironment, "ICU gives no sentence breaks: ", u_errorName(status));
}

SentenceSplitter::~SentenceSplitter() = default;

bool is_tokenized_text(std::string_view paragraph) {
  std::size_t num_alone = 0, num_attached = 0, position = 0;
  for (std::string_view token; !(token = next_token(paragraph, position)).empty();) {
    if (std::string_view(".,!?").find(token.back()) == std::string_view::npos) continue;
    ++(token.size() == 1 || token == "..." ? num_alone : num_attached);
  }
  return num_alone > 0 && num_alone >= num_attached;
}

std::string icu_version() {
  UVersionInfo version;
  u_getVersion(version);
  std::array<char, U_MAX_VERSION_STRING_LENGTH> text{};
  u_versionToString(version, text.data());
  return text.data();
}

void SentenceSplitter::split(std::string_view paragraph, std::vector<std::string>& sentences) {
  if (is_tokenized_text(paragraph)) return split_tokenized(paragraph, sentences);
  constexpr std::size_t kMaxBytes = std::numeric_limits<std::int32_t>::max();
  if (paragraph.size() > kMaxBytes) {
    fail(ErrorKind::kInput, "a paragraph of ", paragraph.size(), " bytes cannot be split into sentences; ICU takes ",
         kMaxBytes, " at most: end lines where paragraphs end");
  }
  // ICU counts UTF-16 units, so the sentences come from its copy; bytes that are not UTF-8 have become U+FFFD there.
  const icu::UnicodeString text =
      icu::UnicodeString::fromUTF8(icu::StringPiece(paragraph.data(), static_cast<std::int32_t>(paragraph.size())));
  breaks_->iterator->setText(text);
  std::string sentence, next;
  for (std::int32_t begin = 0, end; (end = breaks_->iterator->next()) != icu::BreakIterator::DONE; begin = end) {
    next.clear();
    text.tempSubStringBetween(begin, end).toUTF8String(next);
    if (!sentence.empty() && !goes_on(sentence, next)) {
      append_trimmed(sentence, sentences);
      sentence.clear();
    }
    sentence += next;
  }
  append_trimmed(sentence, sentences);
}

}  // namespace bertforge
