#pragma once
// The tokenizer: text to token ids and back. The interface that the dataset builder, the trainer and the commands know;
// wordpiece_tokenizer.h and sentencepiece_tokenizer.h implement it.
//
// Fed by text/corpus and the commands; feeds data/. Thread-safe: all calls are const.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bertforge/text/token_batch.h"

namespace bertforge {

// Ids of the special tokens: looked up in the vocabulary by name, never assumed.
struct SpecialTokens {
  TokenId pad = -1, unknown = -1, cls = -1, sep = -1, mask = -1;
};

// One piece and the part of the original text it stands for, [begin, end).
struct Token {
  TokenId id = 0;
  std::uint32_t byte_begin = 0, byte_end = 0;
  std::uint32_t char_begin = 0, char_end = 0;  // In code points.
};

// Whether "[MASK]" and its like in a text are text (as in a corpus) or stand for the special token.
enum class SpecialTokensInText { kAreText, kMatch };

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  // Appends the ids of `text`, without [CLS] and [SEP].
  virtual void encode(std::string_view text, std::vector<TokenId>& ids,
                      SpecialTokensInText specials = SpecialTokensInText::kAreText) const = 0;

  // Replaces `batch` by the ids of all `texts`, as encode() gives them, on up to `num_threads` threads (0: all of the machine).
  // The ids do not depend on how many.
  virtual void encode_batch(std::span<const std::string_view> texts, int num_threads, TokenBatch& batch,
                            SpecialTokensInText specials = SpecialTokensInText::kAreText) const;

  // The same ids with their places in `text`.
  virtual std::vector<Token> encode_with_offsets(
      std::string_view text, SpecialTokensInText specials = SpecialTokensInText::kAreText) const = 0;

  // Ids back to text; special tokens are left out if `skip_special`. Error(kInput) on an id outside the vocabulary.
  virtual std::string decode(std::span<const TokenId> ids, bool skip_special = true) const = 0;

  virtual std::int64_t vocabulary_size() const = 0;
  virtual const std::string& piece(TokenId id) const = 0;  // REQUIRES: 0 <= id < vocabulary_size().
  virtual bool continues_word(TokenId id) const = 0;       // "##ing": belongs to the word before it.
  virtual const SpecialTokens& special_tokens() const = 0;
  virtual bool is_special(TokenId id) const = 0;  // What decode() leaves out. REQUIRES: 0 <= id < vocabulary_size().

  // Whether the ids of a text are those of its parts where it is cut behind a space, tab or CR.
  virtual bool can_be_cut_at_spaces(SpecialTokensInText specials) const = 0;

  // A hash of everything that decides ids: equal for tokenizers that give equal ids. Stored in datasets and checkpoints.
  virtual std::string fingerprint() const = 0;

  // Writes the files of a tokenizer folder into `folder`, which exists (docs/file_formats.md).
  // `max_length`: what tokenizer_config.json states as model_max_length, 512 where not known.
  virtual void save(const std::filesystem::path& folder, std::int64_t max_length) const = 0;
};

}  // namespace bertforge
