#pragma once
// A sentencepiece .model, read from its bytes: pieces, scores and how text is normalized.
//
// Fed by sentencepiece_tokenizer.cpp, before the library sees the file: it trusts what it loads, so all that it follows
// (piece types, scores, the trie of the normalizer) is checked here. Feeds sentencepiece_json.h.
// Source: sentencepiece_model.proto and normalizer.cc of sentencepiece 0.1.97; Darts-clone's double array.

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bertforge/text/tokenizer.h"

namespace bertforge {

struct SentencePieceModel {
  enum class PieceType : std::uint8_t {
    kNormal = 1,
    kUnknown = 2,
    kControl = 3,
    kUserDefined = 4,
    kUnused = 5,
    kByte = 6
  };
  enum class Algorithm : std::uint8_t { kUnigram = 1, kBpe = 2 };

  struct Piece {
    std::string text;
    float score = 0;
    PieceType type = PieceType::kNormal;
    std::size_t score_offset = 0, type_offset = 0;  // Where they stand in the bytes of the model; 0: nowhere.
  };

  SentencePieceModel() = default;
  SentencePieceModel(SentencePieceModel&&) = default;  // Not to be copied: `ids` has views.

  Algorithm algorithm = Algorithm::kUnigram;
  std::vector<Piece> pieces;
  std::unordered_map<std::string_view, TokenId> ids;  // Views into pieces.
  TokenId unknown = -1;

  std::string normalizer;  // "nmt_nfkc" and its like; "" or "user_defined" for rules without a name.
  std::string charsmap;    // What characters become, as the library compiles it; "": they stay.
  bool add_dummy_prefix = true, remove_extra_whitespaces = true;

  bool parts_words = true;  // No piece has a ▁ but at its beginning.
};

// Stands for a space in pieces: U+2581.
inline constexpr std::string_view kSpaceMark = "\u2581";

// Error(kInput) where the bytes are damaged, or say what the tokenizers library cannot do: algorithms other than unigram
// and bpe, byte pieces, unused pieces, white space as a suffix or unescaped. `origin` names the file in messages.
SentencePieceModel parse_sentencepiece_model(std::string_view bytes, const std::string& origin);

// Error(kInput) where following the trie of a precompiled charsmap would leave it.
void check_charsmap(std::string_view charsmap, const std::string& origin);

// Rounds the scores of a unigram model's ordinary pieces, in its bytes, to multiples of 2^-8. Sums of them are exact then, in
// the library's float as in the tokenizers library's double, so that ties are settled alike.
void round_scores(std::string& bytes);

}  // namespace bertforge
