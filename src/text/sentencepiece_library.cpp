#include "sentencepiece_library.h"

#include <sentencepiece_processor.h>

#include <algorithm>
#include <exception>

#include "bertforge/base/error.h"

namespace bertforge {

namespace {

using sentencepiece::SentencePieceProcessor;

// The library takes some 75 bytes of memory for each byte of a text. Longer ones are cut in front of a space; those without
// one somewhere, at a character.
constexpr std::size_t kChunkBytes = std::size_t{1} << 20, kLongestUnbroken = 4 * kChunkBytes;

void load(SentencePieceProcessor& processor, std::string_view bytes, const std::string& origin) {
  try {
    const auto status = processor.LoadFromSerializedProto(bytes);
    if (status.ok()) return;
    fail(ErrorKind::kInput, origin, ": sentencepiece cannot read it: ", status.message());
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {  // Of the trie that the library builds from the pieces.
    fail(ErrorKind::kInput, origin, ": sentencepiece cannot read it: ", error.what());
  }
}

void require_ok(const sentencepiece::util::Status& status) {
  BERTFORGE_CHECK(status.ok(), "sentencepiece: ", status.message());
}

// The model with the sentinel as a user-defined piece, which the library finds in a text and never joins with another.
std::string with_sentinel(std::string_view bytes, const SentencePieceModel::Piece& sentinel) {
  BERTFORGE_CHECK(sentinel.type == SentencePieceModel::PieceType::kControl && sentinel.type_offset != 0);
  std::string changed(bytes);
  changed[sentinel.type_offset] = static_cast<char>(SentencePieceModel::PieceType::kUserDefined);
  return changed;
}

// In an expanded character ("㍿") all pieces but the last are empty for the library. The space before a text is nowhere in it.
void fill_empty_spans(std::vector<PieceSpan>& spans, std::size_t from, TokenId space) {
  for (std::size_t i = spans.size(); i-- > from + 1;) {
    PieceSpan& before = spans[i - 1];
    if (before.begin == before.end && before.begin == spans[i].begin && before.id != space) before.end = spans[i].end;
  }
}

TokenId find_space(const SentencePieceModel& model) {
  const auto entry = model.ids.find(kSpaceMark);
  return entry == model.ids.end() ? -1 : entry->second;
}

// No piece reaches over a space. Where none stands for a space alone, it would be a part of an unknown piece, and the library makes
// one of those that touch.
bool parts_at_spaces(const SentencePieceModel& model) {
  const auto reaches_over_space = [](const SentencePieceModel::Piece& piece) {
    return piece.type == SentencePieceModel::PieceType::kUserDefined &&
           (piece.text.find(kSpaceMark) != std::string::npos || piece.text.find(' ') != std::string::npos);
  };
  return model.parts_words && model.add_dummy_prefix && model.remove_extra_whitespaces && find_space(model) >= 0 &&
         std::ranges::none_of(model.pieces, reaches_over_space);
}

// What the library makes of a text before it looks for pieces.
std::string normalized(const SentencePieceProcessor& processor, const std::string& text) {
  sentencepiece::ImmutableSentencePieceText pieces;
  require_ok(processor.Encode(text, pieces.mutable_proto()));
  std::string joined;
  for (std::size_t i = 0; i < pieces.pieces_size(); ++i) joined += pieces.pieces(static_cast<int>(i)).piece();
  return joined;
}

}  // namespace

struct SentencePieceLibrary::Processors {
  SentencePieceProcessor at_start, behind_special;

  void encode(std::string_view text, bool behind, sentencepiece::ImmutableSentencePieceText& pieces) const {
    require_ok((behind ? behind_special : at_start).Encode(text, pieces.mutable_proto()));
  }
};

SentencePieceLibrary::SentencePieceLibrary(std::string_view bytes, const SentencePieceModel& model, TokenId sentinel,
                                           const std::string& origin)
    : sentinel_(sentinel),
      space_(find_space(model)),
      can_be_cut_(parts_at_spaces(model)),
      processors_(std::make_unique<Processors>()) {
  load(processors_->at_start, bytes, origin);
  BERTFORGE_CHECK(processors_->at_start.GetPieceSize() == std::ssize(model.pieces), origin);
  const std::string parted = normalized(processors_->at_start, "a a");
  all_spaces_are_alike_ =
      normalized(processors_->at_start, "a\ta") == parted && normalized(processors_->at_start, "a\ra") == parted;
  if (sentinel < 0) return;
  const SentencePieceModel::Piece& piece = model.pieces[static_cast<std::size_t>(sentinel)];
  sentinel_text_ = piece.text;
  load(processors_->behind_special, with_sentinel(bytes, piece), origin);
}

SentencePieceLibrary::~SentencePieceLibrary() = default;

// A cut in front of a space changes nothing where pieces do not reach over spaces and doubled spaces count as one. Calls
// on_chunk(place, chunk, whether it continues the one before it without a space).
template <class OnChunk>
void SentencePieceLibrary::for_each_chunk(std::string_view text, OnChunk on_chunk) const {
  std::size_t begin = 0;
  bool continues = false;
  while (text.size() - begin > kChunkBytes) {
    std::size_t cut = can_be_cut_ ? text.find(' ', begin + kChunkBytes) : std::string_view::npos;
    cut = std::min({cut, text.size(), begin + kLongestUnbroken});
    while (cut < text.size() && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
    if (cut == text.size()) break;
    on_chunk(begin, text.substr(begin, cut - begin), continues);
    begin = cut;
    continues = text[cut] != ' ';
  }
  on_chunk(begin, text.substr(begin), continues);
}

void SentencePieceLibrary::encode(std::string_view text, std::vector<TokenId>& ids) const {
  std::vector<int> of_chunk;
  for_each_chunk(text, [&](std::size_t, std::string_view chunk, bool continues) {
    if (continues && sentinel_ >= 0) {
      std::vector<PieceSpan> spans;
      encode_chunk(chunk, /*behind=*/true, spans);
      for (const PieceSpan& span : spans) ids.push_back(span.id);
    } else {
      require_ok(processors_->at_start.Encode(chunk, &of_chunk));
      ids.insert(ids.end(), of_chunk.begin(), of_chunk.end());
    }
  });
}

void SentencePieceLibrary::encode(std::string_view text, TextBegins begins, std::vector<PieceSpan>& spans) const {
  for_each_chunk(text, [&](std::size_t chunk_begin, std::string_view chunk, bool continues) {
    const std::size_t first = spans.size();
    encode_chunk(chunk, continues || (begins == TextBegins::kBehindSpecial && chunk_begin == 0), spans);
    for (std::size_t i = first; i < spans.size(); ++i) spans[i].begin += chunk_begin, spans[i].end += chunk_begin;
  });
}

// Appends pieces with their places in `chunk`; `behind`: as behind a special token.
void SentencePieceLibrary::encode_chunk(std::string_view chunk, bool behind, std::vector<PieceSpan>& spans) const {
  behind = behind && sentinel_ >= 0;
  const std::size_t shift = behind ? sentinel_text_.size() : 0;
  sentencepiece::ImmutableSentencePieceText pieces;
  processors_->encode(behind ? sentinel_text_ + std::string(chunk) : std::string(chunk), behind, pieces);
  const std::size_t first = spans.size();
  bool is_before_text = behind;  // The sentinel and the space that the library puts before it.
  for (std::size_t i = 0; i < pieces.pieces_size(); ++i) {
    const auto piece = pieces.pieces(static_cast<int>(i));
    const auto id = static_cast<TokenId>(piece.id());
    if (!is_before_text) spans.push_back({id, piece.begin() - shift, piece.end() - shift});
    if (id == sentinel_) is_before_text = false;
  }
  fill_empty_spans(spans, first, space_);
}

}  // namespace bertforge
