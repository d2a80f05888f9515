#pragma once
// An encoding: one text, or a pair, as a model reads it. [CLS] A [SEP], or [CLS] A [SEP] B [SEP], cut to a length that the model
// has positions for and filled up to one that a batch has.
//
// Fed by a Tokenizer; eaten by `bertforge tokenize` and by whoever feeds models of other programs.
//   T  tokens of an encoding, special ones and padding included
// Source: Hugging Face tokenizers 0.23.2, enable_truncation, enable_padding, TemplateProcessing (utils/truncation.rs and
// padding.rs); keras_hub 0.32, MultiSegmentPacker.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bertforge/text/tokenizer.h"

namespace bertforge {

// Which text loses tokens where there are too many. NOTE: the order is that of truncation_strategies().
enum class TruncationStrategy {
  kLongestFirst,  // The longer one, until both are equally long; then both.
  kOnlyFirst,
  kOnlySecond,
  kRoundRobin,  // Both keep tokens in turn, the first one first.
  kWaterfall,   // The first keeps all that fits, the second what is left.
};

enum class Side { kRight, kLeft };

struct Truncation {
  std::int64_t max_length = 512;  // Special tokens included.
  TruncationStrategy strategy = TruncationStrategy::kLongestFirst;
  Side side = Side::kRight;  // Where tokens are cut off.
  std::int64_t stride = 0;   // How many tokens a part of what was cut off shares with the part before it.
};

struct Padding {
  std::int64_t length = 0;       // 0: that of the longest in the batch.
  std::int64_t multiple_of = 1;  // The length is rounded up to one.
  Side side = Side::kRight;
};

struct EncodingOptions {
  bool add_special = true;
  SpecialTokensInText specials = SpecialTokensInText::kAreText;
  std::optional<Truncation> truncation = {};
  std::optional<Padding> padding = {};
  bool with_offsets = true;  // False: all places are 0:0, and encoding is faster.

  // Error(kUsage): a number that is no length.
  void validate() const;
};

struct Encoding {
  std::vector<Token> tokens;                 // [T]; places are in A or in B, those of special tokens and padding 0:0.
  std::vector<std::int32_t> type_ids;        // [T] 1: of B, its [SEP] included.
  std::vector<std::int32_t> attention_mask;  // [T] 0: padding.
  std::vector<std::int32_t> special_tokens_mask;  // [T] 1: added here, not found in the text; padding is.
};

// The parts of one text or pair: the encoding, and behind it what truncation cut off, cut the same way.
using EncodingParts = std::vector<Encoding>;

// Thread-safe: all calls are const. Keeps a reference to the tokenizer.
class TextEncoder {
 public:
  // Error(kInput): a token is missing that `options` need ([CLS], [SEP]; [PAD]). Error(kUsage): validate()'s; max_length leaves no
  // token of a text beside the special ones, or no more than the stride.
  TextEncoder(const Tokenizer& tokenizer, const EncodingOptions& options);

  // Padded, unless to the longest of a batch. Error(kUsage) where max_length leaves no token of each text of a pair; Error(kInput)
  // where a strategy cannot cut enough off, or the stride is not smaller than what it leaves.
  EncodingParts encode(std::string_view text, std::optional<std::string_view> second = std::nullopt) const;

  // Pads as the options say; the longest of a batch is that of its encodings, without the parts behind them.
  void pad(std::span<EncodingParts> batch) const;

 private:
  struct Sizes {
    std::int64_t first, second;
  };

  std::vector<Token> tokens_of(std::string_view text) const;
  std::int64_t room(bool is_pair) const;                      // For tokens of the texts.
  Sizes divide(const Sizes& sizes, std::int64_t room) const;  // What each text keeps.
  std::vector<std::span<const Token>> cut(std::span<const Token> tokens, std::int64_t size) const;
  Encoding join(std::span<const Token> first, std::optional<std::span<const Token>> second) const;
  void pad_to(std::int64_t length, Encoding& encoding) const;

  const Tokenizer& tokenizer_;
  EncodingOptions options_;
};

// "longest_first", "only_first", "only_second", "round_robin", "waterfall"
std::vector<std::string> truncation_strategies();

}  // namespace bertforge
