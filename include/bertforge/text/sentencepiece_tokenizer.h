#pragma once
// The sentencepiece tokenizer: for text whose words are not parted by spaces. Normalizing and cutting are the library's.
//
// Fed by tokenizer_folder.h (a .model) or by the trainer behind `vocab --algorithm sentencepiece`; feeds what knows Tokenizer.
// A space is a part of the piece behind it, written ▁ (U+2581), and one stands before every text. Special tokens are pieces
// that no text turns into. Bytes that are not UTF-8 count as U+FFFD, one for each longest beginning of a sequence.
// Source: Kudo and Richardson 2018; libsentencepiece 0.1.97 to 0.2.

#include <memory>

#include "bertforge/text/tokenizer.h"
#include "bertforge/text/tokenizer_config.h"

namespace bertforge {

// The name of the model in a tokenizer folder, and how bare ones are known.
inline constexpr const char* kSentencePieceModelName = "tokenizer.model";
bool is_sentencepiece_model(const std::filesystem::path& path);  // Whether its name ends with ".model".

class SentencePieceTokenizer : public Tokenizer {
 public:
  // `model`: the bytes of a .model; of `config` the names of special tokens matter alone, and the unknown one is called as
  // the model calls it. Special tokens may be missing (their id is -1 then). `origin` names the model in messages.
  // Error(kInput) where the bytes are damaged, of a kind that is not supported, or a special token is an ordinary piece.
  SentencePieceTokenizer(std::string model, const TokenizerConfig& config, const std::string& origin);
  ~SentencePieceTokenizer() override;

  void encode(std::string_view text, std::vector<TokenId>& ids, SpecialTokensInText specials) const override;
  // A piece stands for the space before its word too. Of the pieces that one character becomes ("㍿"), each stands for it.
  std::vector<Token> encode_with_offsets(std::string_view text, SpecialTokensInText specials) const override;
  std::string decode(std::span<const TokenId> ids, bool skip_special) const override;
  std::int64_t vocabulary_size() const override;
  const std::string& piece(TokenId id) const override;
  bool continues_word(TokenId id) const override;  // Does not begin with ▁, and is no special token.
  const SpecialTokens& special_tokens() const override { return special_tokens_; }
  bool is_special(TokenId id) const override;  // Every control piece, and the unknown one.
  bool can_be_cut_at_spaces(SpecialTokensInText specials) const override;
  std::string fingerprint() const override;
  void save(const std::filesystem::path& folder, std::int64_t max_length) const override;

  // Error(kInput) where a folder's tokenizer.json has other pieces.
  void require_same_pieces(const std::filesystem::path& tokenizer_json) const;

 private:
  struct Library;  // The parsed model and the library's processors.

  void look_up_special_tokens(const std::string& origin);

  std::string model_;
  TokenizerConfig config_;  // Names of special tokens.
  SpecialTokens special_tokens_;
  std::unique_ptr<Library> library_;
};

}  // namespace bertforge
