#pragma once
// The WordPiece tokenizer: normalizer, pre-tokenizer and WordPiece in a row.
//
// Fed by tokenizer_folder.h, or by a trained vocabulary; feeds what knows Tokenizer. Ids, offsets and decoded text are those
// of the program that config.compat names, Hugging Face tokenizers 0.23.2 (BertWordPieceTokenizer) unless it is said, for
// every string. Bytes that are not UTF-8 count as U+FFFD, one for each longest beginning of a sequence; clean_text deletes
// them.

#include <memory>
#include <mutex>

#include "bertforge/text/encoder_path.h"
#include "bertforge/text/tokenizer.h"
#include "bertforge/text/tokenizer_config.h"
#include "bertforge/text/vocabulary.h"
#include "bertforge/text/wordpiece.h"
#include "bertforge/text/words.h"

namespace bertforge {

class FastWordPiece;
struct EncoderExceptions;
struct SpecialName;
class PieceTexts;

class WordPieceTokenizer : public Tokenizer {
 public:
  // Error(kInput) if the vocabulary has no unknown token, or lacks one of extra_special_tokens. The other special tokens may
  // be missing (their id is -1 then).
  // `origin` names the vocabulary in messages.
  WordPieceTokenizer(Vocabulary vocabulary, const TokenizerConfig& config, const std::string& origin);
  WordPieceTokenizer(const WordPieceTokenizer&) = delete;  // The parts hold views of one another.
  WordPieceTokenizer& operator=(const WordPieceTokenizer&) = delete;

  ~WordPieceTokenizer() override;

  void encode(std::string_view text, std::vector<TokenId>& ids, SpecialTokensInText specials) const override;
  void encode_batch(std::span<const std::string_view> texts, int num_threads, TokenBatch& batch,
                    SpecialTokensInText specials) const override;
  std::vector<Token> encode_with_offsets(std::string_view text, SpecialTokensInText specials) const override;
  std::string decode(std::span<const TokenId> ids, bool skip_special) const override;
  std::int64_t vocabulary_size() const override { return vocabulary_.size(); }
  const std::string& piece(TokenId id) const override { return vocabulary_.piece(id); }
  bool continues_word(TokenId id) const override;
  const SpecialTokens& special_tokens() const override { return special_tokens_; }
  bool is_special(TokenId id) const override;  // The extra ones, too.
  bool can_be_cut_at_spaces(SpecialTokensInText specials) const override;
  std::string fingerprint() const override;
  void save(const std::filesystem::path& folder, std::int64_t max_length) const override;

  // The fastest that the CPU can do, unless chosen. Settings whose ids only the plain path gives keep to it.
  // Error(kUsage): the CPU lacks what `path` needs.
  void choose_encoder_path(EncoderPath path);
  EncoderPath encoder_path() const { return path_; }
  std::size_t encoder_memory_bytes() const;  // Of the fast path: its trie and caches.

  const TokenizerConfig& config() const { return config_; }
  const Vocabulary& vocabulary() const { return vocabulary_; }

 private:
  // Calls on_text(begin, end) and on_special(match) for the parts of `text`, in order.
  template <class OnText, class OnSpecial>
  void for_each_part(std::string_view text, SpecialTokensInText specials, OnText on_text, OnSpecial on_special) const;
  void make_fast_path();
  EncoderExceptions exceptions(SpecialTokensInText specials) const;
  void encode_plainly(std::string_view text, std::vector<TokenId>& ids, SpecialTokensInText specials) const;
  void encode_text(std::string_view text, std::vector<TokenId>& ids) const;
  void encode_text_with_offsets(std::string_view text, const Token& origin, std::vector<Token>& tokens) const;

  TokenizerConfig config_;
  Vocabulary vocabulary_;
  WordExtractor words_;
  SpecialTokens special_tokens_;
  std::vector<TokenId> special_ids_;        // Those of special_tokens_ that there are, and the extra ones.
  std::vector<SpecialName> special_names_;  // The same, with views of their pieces.
  WordPiece wordpiece_;
  std::unique_ptr<FastWordPiece> fast_;  // nullptr: there is the plain path alone.
  EncoderPath path_ = EncoderPath::kPlain;
  mutable std::once_flag piece_texts_made_;  // By the first decode().
  mutable std::unique_ptr<const PieceTexts> piece_texts_;
};

}  // namespace bertforge
