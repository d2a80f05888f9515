#include "bertforge/text/normalizer.h"

#include <algorithm>
#include <limits>

#include "bertforge/base/error.h"
#include "bertforge/text/unicode.h"

namespace bertforge {

namespace {

constexpr unsigned char kDeletedAscii = 0xFF;
constexpr char32_t kCapitalSigma = 0x3A3, kFinalSigma = 0x3C2;

}  // namespace

// One pass over one text. Marks wait until the next starter (a character of combining class 0) so that they can be put in
// canonical order.
template <bool kWithSources>
class NormalizerRun {
 public:
  NormalizerRun(const BertNormalizer& normalizer, std::string_view text, NormalizedText& out)
      : normalizer_(normalizer), table_(normalizer.table_), text_(text), out_(out) {}

  void run() {
    std::uint32_t num_chars = 0;
    for (; position_ < text_.size(); ++num_chars) {
      const std::size_t begin = position_;
      const auto byte = static_cast<unsigned char>(text_[position_]);
      if (byte < 0x80) {
        ++position_;
        put_ascii(byte, span(begin, position_, num_chars));
      } else {
        const char32_t code = decode_utf8(text_, position_);
        clean(code, span(begin, position_, num_chars));
      }
    }
    flush();
  }

 private:
  struct Mark {
    char32_t code;
    std::uint8_t combining_class;
    bool takes_next_source;  // The first of a decomposition: it stands for a character of the original.
  };

  static SourceSpan span(std::size_t begin, std::size_t end, std::uint32_t num_chars) {
    if constexpr (!kWithSources) return {};
    return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end), num_chars, num_chars + 1};
  }

  // ASCII characters are starters, and no mark: they leave at once.
  void put_ascii(unsigned char byte, const SourceSpan& source) {
    const unsigned char becomes = normalizer_.ascii_[byte];
    if (becomes == kDeletedAscii) return;
    flush();
    append(becomes, source);
    note_case(byte);
  }

  void clean(char32_t code, const SourceSpan& source) {
    const CharProperties& properties = table_[code];
    if (normalizer_.options_.clean_text) {
      if (properties.is(kDropped)) return;
      if (properties.is(kSpace)) return put_ascii(' ', source);
    }
    const bool spaced = normalizer_.options_.split_cjk && properties.is(kCjk);
    if (spaced) put_ascii(' ', source);
    put(code, source);
    if (spaced) put_ascii(' ', source);
  }

  void put(char32_t code, const SourceSpan& source) {
    if (normalizer_.lowering_ != BertNormalizer::Lowering::kBeforeStripping) return put_stripped(code, source, true);
    bool first = true;
    for (const char32_t lower : lower_case_here(code)) {
      put_stripped(lower, source, first);
      first = false;
    }
    note_case(code);
  }

  void put_stripped(char32_t code, const SourceSpan& source, bool first) {
    if (!normalizer_.options_.strip_accents) return emit(code, source);
    for (const char32_t part : table_.decompose(code)) {
      put_decomposed(part, source, first);
      first = false;
    }
  }

  // Python's str.lower(): a capital sigma is a final one behind a cased letter and not before one, ignorable characters
  // aside. White space is neither cased nor ignorable, so the word need not be cut out first.
  CodePoints lower_case_here(char32_t code) const {
    if (code == kCapitalSigma && is_behind_cased_ && !is_before_cased()) return {{kFinalSigma}, 1};
    return table_.lower_case(code);
  }

  bool is_before_cased() const {
    for (std::size_t next = position_; next < text_.size();) {
      const CharProperties& properties = table_[decode_utf8(text_, next)];
      const bool is_deleted = normalizer_.options_.clean_text && properties.is(kDropped);
      if (!is_deleted && !properties.is(kCaseIgnorable)) return properties.is(kCased);
    }
    return false;
  }

  void note_case(char32_t code) {
    if (!table_[code].is(kCaseIgnorable)) is_behind_cased_ = table_[code].is(kCased);
  }

  void put_decomposed(char32_t code, const SourceSpan& source, bool first) {
    const std::uint8_t combining_class = table_[code].combining_class;
    if (combining_class == 0) {
      flush();
      last_source_ = source;
      return emit(code, source);
    }
    marks_.push_back({code, combining_class, first});
    if (first) mark_sources_.push_back(source);
  }

  // NOTE: the reference keeps sources in the order of the original while the marks change places; so do we.
  void flush() {
    if (marks_.empty()) return;
    std::stable_sort(marks_.begin(), marks_.end(),
                     [](const Mark& a, const Mark& b) { return a.combining_class < b.combining_class; });
    std::size_t next = 0;
    for (const Mark& mark : marks_) {
      if (mark.takes_next_source) last_source_ = mark_sources_[next++];
      emit(mark.code, last_source_);
    }
    marks_.clear();
    mark_sources_.clear();
  }

  void emit(char32_t code, const SourceSpan& source) {
    if (normalizer_.options_.strip_accents && table_[code].is(kNonspacingMark)) return;
    if (normalizer_.lowering_ != BertNormalizer::Lowering::kAfterStripping) return append(code, source);
    for (const char32_t lower : table_.lower_case(code)) append(lower, source);
  }

  void append(char32_t code, const SourceSpan& source) {
    append_utf8(out_.text, code);
    if constexpr (kWithSources) {
      last_source_ = source;
      out_.sources.resize(out_.text.size(), source);
    }
  }

  const BertNormalizer& normalizer_;
  const CharTable& table_;
  const std::string_view text_;
  NormalizedText& out_;
  std::size_t position_ = 0;      // Behind the character at hand.
  bool is_behind_cased_ = false;  // Case-ignorable characters aside.
  std::vector<Mark> marks_;
  std::vector<SourceSpan> mark_sources_;  // Of the marks that take one, in the order of the original.
  SourceSpan last_source_;
};

BertNormalizer::BertNormalizer(const NormalizerOptions& options)
    : options_(options), table_(CharTable::of(options.compat)), lowering_(Lowering::kNone) {
  if (options.lowercase && options.compat == Compat::kHuggingFace) lowering_ = Lowering::kAfterStripping;
  if (options.lowercase && options.compat == Compat::kGoogle) lowering_ = Lowering::kBeforeStripping;
  const bool lowers = lowering_ != Lowering::kNone;
  for (unsigned char c = 0; c < 128; ++c) {
    const CharProperties& properties = table_[c];
    ascii_[c] = c;
    if (lowers && c >= 'A' && c <= 'Z') ascii_[c] = static_cast<unsigned char>(c - 'A' + 'a');
    if (options.clean_text && properties.is(kSpace)) ascii_[c] = ' ';
    if (options.clean_text && properties.is(kDropped)) ascii_[c] = kDeletedAscii;
  }
}

void BertNormalizer::normalize(std::string_view text, std::string& normalized) const {
  NormalizedText out;
  out.text.swap(normalized);
  out.text.reserve(out.text.size() + text.size());
  NormalizerRun<false>(*this, text, out).run();
  out.text.swap(normalized);
}

NormalizedText BertNormalizer::normalize_with_sources(std::string_view text) const {
  BERTFORGE_CHECK(text.size() < std::numeric_limits<std::uint32_t>::max(), "offsets are 32 bit; the text has ",
                  text.size(), " bytes");
  NormalizedText out;
  NormalizerRun<true>(*this, text, out).run();
  return out;
}

}  // namespace bertforge
