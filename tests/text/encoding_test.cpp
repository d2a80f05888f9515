#include "bertforge/text/encoding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bertforge/text/wordpiece_tokenizer.h"
#include "support/error_matchers.h"

namespace bertforge {
namespace {

using ::testing::ElementsAre;

// A piece for each letter, so that a token is a character of what drawn() gives.
const Tokenizer& tokenizer() {
  static const WordPieceTokenizer letters = [] {
    std::vector<std::string> pieces = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
    for (char c = 'a'; c <= 'z'; ++c) pieces.emplace_back(1, c);
    return WordPieceTokenizer(Vocabulary(std::move(pieces), "letters"), {}, "letters");
  }();
  return letters;
}

std::string drawn(const Encoding& encoding) {
  std::string drawing;
  for (const Token& token : encoding.tokens)
    drawing += token.id < 5 ? "_?<>!"[token.id] : tokenizer().piece(token.id)[0];
  return drawing;
}

// Parts with a space between them; < is [CLS], > is [SEP], _ is [PAD].
std::string drawn(const EncodingParts& parts) {
  std::string drawing;
  for (const Encoding& part : parts) drawing += (drawing.empty() ? "" : " ") + drawn(part);
  return drawing;
}

struct TruncationCase {
  const char* first;
  std::optional<std::string_view> second;
  Truncation truncation;
  const char* expected;
};

// What tokenizers 0.23.2 makes of whole encodings: Tokenizer.post_process after enable_truncation.
const TruncationCase kCases[] = {
    {"a b c d e f g",
     "u v w x",
     {8, TruncationStrategy::kLongestFirst, Side::kRight, 0},
     "<abc>uv> <def>uv> <def>wx> <g>uv> <g>wx> <abc>wx>"},
    {"a b c d e f g",
     "u v w x",
     {8, TruncationStrategy::kLongestFirst, Side::kLeft, 0},
     "<efg>wx> <bcd>wx> <bcd>uv> <a>wx> <a>uv> <efg>uv>"},
    {"a b c d e f g",
     "u v w x",
     {8, TruncationStrategy::kLongestFirst, Side::kRight, 1},
     "<abc>uv> <cde>uv> <cde>vw> <cde>wx> <efg>uv> <efg>vw> <efg>wx> <abc>vw> <abc>wx>"},
    {"a b c d e f g",
     "u v w x",
     {8, TruncationStrategy::kLongestFirst, Side::kLeft, 1},
     "<efg>wx> <cde>wx> <cde>vw> <cde>uv> <abc>wx> <abc>vw> <abc>uv> <efg>vw> <efg>uv>"},
    {"a b c d e f g",
     "u v w x",
     {9, TruncationStrategy::kLongestFirst, Side::kRight, 0},
     "<abc>uvw> <def>uvw> <def>x> <g>uvw> <g>x> <abc>x>"},
    {"a b c d e f g",
     "u v w x",
     {9, TruncationStrategy::kLongestFirst, Side::kLeft, 0},
     "<efg>vwx> <bcd>vwx> <bcd>u> <a>vwx> <a>u> <efg>u>"},
    {"a b c d e f g", "u v w x", {12, TruncationStrategy::kLongestFirst, Side::kRight, 2}, "<abcde>uvwx> <defg>uvwx>"},
    {"a b c d e f g", "u v w x", {12, TruncationStrategy::kLongestFirst, Side::kLeft, 2}, "<cdefg>uvwx> <abcd>uvwx>"},
    {"a b c d e f g", "u v w x", {14, TruncationStrategy::kLongestFirst, Side::kRight, 0}, "<abcdefg>uvwx>"},
    {"a b c d e f g", "u v w x", {14, TruncationStrategy::kLongestFirst, Side::kLeft, 0}, "<abcdefg>uvwx>"},
    {"a b", "u v w x y z", {8, TruncationStrategy::kLongestFirst, Side::kRight, 1}, "<ab>uvw> <ab>wxy> <ab>yz>"},
    {"a b", "u v w x y z", {8, TruncationStrategy::kLongestFirst, Side::kLeft, 1}, "<ab>xyz> <ab>vwx> <ab>uv>"},
    {"a b c d e f g", "u", {8, TruncationStrategy::kLongestFirst, Side::kRight, 2}, "<abcd>u> <cdef>u> <efg>u>"},
    {"a b c d e f g", "u", {8, TruncationStrategy::kLongestFirst, Side::kLeft, 2}, "<defg>u> <bcde>u> <abc>u>"},
    {"a b c d e",
     "u v w x y",
     {8, TruncationStrategy::kLongestFirst, Side::kRight, 0},
     "<ab>uvw> <cd>uvw> <cd>xy> <e>uvw> <e>xy> <ab>xy>"},
    {"a b c d e",
     "u v w x y",
     {8, TruncationStrategy::kLongestFirst, Side::kLeft, 0},
     "<de>wxy> <bc>wxy> <bc>uv> <a>wxy> <a>uv> <de>uv>"},
    {"a b c d e",
     "u v w x y",
     {9, TruncationStrategy::kLongestFirst, Side::kRight, 1},
     "<abc>uvw> <cde>uvw> <cde>wxy> <abc>wxy>"},
    {"a b c d e",
     "u v w x y",
     {9, TruncationStrategy::kLongestFirst, Side::kLeft, 1},
     "<cde>wxy> <abc>wxy> <abc>uvw> <cde>uvw>"},
    {"", "u v w x y z", {7, TruncationStrategy::kLongestFirst, Side::kRight, 1}, "<>uvwx> <>xyz>"},
    {"", "u v w x y z", {7, TruncationStrategy::kLongestFirst, Side::kLeft, 1}, "<>wxyz> <>uvw>"},
    {"a b c d e f g", "", {7, TruncationStrategy::kLongestFirst, Side::kRight, 0}, "<abcd>> <efg>>"},
    {"a b c d e f g", "", {7, TruncationStrategy::kLongestFirst, Side::kLeft, 0}, "<defg>> <abc>>"},
    {"a b c d e f g", std::nullopt, {5, TruncationStrategy::kLongestFirst, Side::kRight, 1}, "<abc> <cde> <efg>"},
    {"a b c d e f g", std::nullopt, {5, TruncationStrategy::kLongestFirst, Side::kLeft, 1}, "<efg> <cde> <abc>"},
    {"a b c d e f g", std::nullopt, {6, TruncationStrategy::kLongestFirst, Side::kRight, 0}, "<abcd> <efg>"},
    {"a b c d e f g", std::nullopt, {6, TruncationStrategy::kLongestFirst, Side::kLeft, 0}, "<defg> <abc>"},
    {"a b c d e f g",
     std::nullopt,
     {3, TruncationStrategy::kLongestFirst, Side::kRight, 0},
     "<a> <b> <c> <d> <e> <f> <g>"},
    {"a b c d e f g",
     std::nullopt,
     {3, TruncationStrategy::kLongestFirst, Side::kLeft, 0},
     "<g> <f> <e> <d> <c> <b> <a>"},
    {"a b c d e f g", std::nullopt, {9, TruncationStrategy::kLongestFirst, Side::kRight, 0}, "<abcdefg>"},
    {"a b c d e f g", std::nullopt, {9, TruncationStrategy::kLongestFirst, Side::kLeft, 0}, "<abcdefg>"},
    {"a b c d e f g", std::nullopt, {7, TruncationStrategy::kLongestFirst, Side::kRight, 3}, "<abcde> <cdefg>"},
    {"a b c d e f g", std::nullopt, {7, TruncationStrategy::kLongestFirst, Side::kLeft, 3}, "<cdefg> <abcde>"},
    {"", std::nullopt, {3, TruncationStrategy::kLongestFirst, Side::kRight, 0}, "<>"},
    {"", std::nullopt, {3, TruncationStrategy::kLongestFirst, Side::kLeft, 0}, "<>"},
    {"a b c d e f g",
     "u v w x",
     {8, TruncationStrategy::kOnlyFirst, Side::kRight, 0},
     "<a>uvwx> <b>uvwx> <c>uvwx> <d>uvwx> <e>uvwx> <f>uvwx> <g>uvwx>"},
    {"a b c d e f g",
     "u v w x",
     {10, TruncationStrategy::kOnlyFirst, Side::kRight, 2},
     "<abc>uvwx> <bcd>uvwx> <cde>uvwx> <def>uvwx> <efg>uvwx>"},
    {"a b", "u v w x y z", {8, TruncationStrategy::kOnlySecond, Side::kRight, 1}, "<ab>uvw> <ab>wxy> <ab>yz>"},
    {"a b", "u v w x y z", {8, TruncationStrategy::kOnlySecond, Side::kRight, 0}, "<ab>uvw> <ab>xyz>"},
    {"a b c d e f g", std::nullopt, {5, TruncationStrategy::kOnlyFirst, Side::kRight, 1}, "<abc> <cde> <efg>"},
    {"a b c d e f g",
     "u v w x",
     {8, TruncationStrategy::kOnlyFirst, Side::kLeft, 0},
     "<g>uvwx> <f>uvwx> <e>uvwx> <d>uvwx> <c>uvwx> <b>uvwx> <a>uvwx>"},
    {"a b c d e f g",
     "u v w x",
     {10, TruncationStrategy::kOnlyFirst, Side::kLeft, 2},
     "<efg>uvwx> <def>uvwx> <cde>uvwx> <bcd>uvwx> <abc>uvwx>"},
    {"a b", "u v w x y z", {8, TruncationStrategy::kOnlySecond, Side::kLeft, 1}, "<ab>xyz> <ab>vwx> <ab>uv>"},
    {"a b", "u v w x y z", {8, TruncationStrategy::kOnlySecond, Side::kLeft, 0}, "<ab>xyz> <ab>uvw>"},
    {"a b c d e f g", std::nullopt, {5, TruncationStrategy::kOnlyFirst, Side::kLeft, 1}, "<efg> <cde> <abc>"},
};

TEST(Encoding, IsTruncatedAsTheTokenizersLibraryTruncates) {
  for (const auto& [first, second, truncation, expected] : kCases) {
    const TextEncoder encoder(tokenizer(), {.truncation = truncation});
    EXPECT_EQ(drawn(encoder.encode(first, second)), expected)
        << first << " | " << second.value_or("(none)") << ", " << truncation.max_length << ", stride "
        << truncation.stride;
  }
}

// Those of keras_hub 0.32's MultiSegmentPacker.
TEST(Encoding, IsTruncatedAsKerasTruncates) {
  const auto packed = [](std::string_view a, std::string_view b, std::int64_t length, TruncationStrategy strategy) {
    return drawn(TextEncoder(tokenizer(), {.truncation = Truncation{length, strategy}}).encode(a, b).front());
  };
  const std::string_view seven = "a b c d e f g", four = "u v w x", one = "u", two = "a b", six = "u v w x y z";
  constexpr auto kRoundRobin = TruncationStrategy::kRoundRobin, kWaterfall = TruncationStrategy::kWaterfall;
  EXPECT_EQ(packed(seven, four, 6, kRoundRobin), "<ab>u>");
  EXPECT_EQ(packed(seven, four, 8, kRoundRobin), "<abc>uv>");
  EXPECT_EQ(packed(seven, four, 11, kRoundRobin), "<abcd>uvwx>");
  EXPECT_EQ(packed(seven, one, 8, kRoundRobin), "<abcd>u>");
  EXPECT_EQ(packed(two, six, 9, kRoundRobin), "<ab>uvwx>");
  EXPECT_EQ(packed(seven, four, 8, kWaterfall), "<abcde>>");
  EXPECT_EQ(packed(seven, four, 11, kWaterfall), "<abcdefg>u>");
  EXPECT_EQ(packed(two, six, 6, kWaterfall), "<ab>u>");
}

TEST(Encoding, SaysOfEachTokenWhatItIs) {
  const TextEncoder encoder(tokenizer(), {.padding = Padding{.length = 9}});
  const Encoding pair = encoder.encode("a \u00E9b", "c").front();
  EXPECT_EQ(drawn(pair), "<a?>c>___");
  EXPECT_THAT(pair.type_ids, ElementsAre(0, 0, 0, 0, 1, 1, 0, 0, 0));
  EXPECT_THAT(pair.attention_mask, ElementsAre(1, 1, 1, 1, 1, 1, 0, 0, 0));
  EXPECT_THAT(pair.special_tokens_mask, ElementsAre(1, 0, 0, 1, 0, 1, 1, 1, 1));
  EXPECT_EQ(pair.tokens[2].byte_begin, 2u);
  EXPECT_EQ(pair.tokens[2].byte_end, 5u);
  EXPECT_EQ(pair.tokens[2].char_end, 4u);
  EXPECT_EQ(pair.tokens[4].byte_end, 1u);
  EXPECT_EQ(pair.tokens[5].byte_end, 0u);
}

TEST(Encoding, IsPaddedToALengthAMultipleOrTheLongestOfItsBatch) {
  const auto padded = [](const Padding& padding) {
    const TextEncoder encoder(tokenizer(),
                              {.truncation = Truncation{.max_length = 5, .stride = 1}, .padding = padding});
    std::vector<EncodingParts> batch = {encoder.encode("a b c d"), encoder.encode("u")};
    encoder.pad(batch);
    return drawn(batch[0]) + " | " + drawn(batch[1]);
  };
  EXPECT_EQ(padded({.length = 7}), "<abc>__ <cd>___ | <u>____");
  EXPECT_EQ(padded({.length = 2}), "<abc> <cd> | <u>");
  EXPECT_EQ(padded({.length = 6, .multiple_of = 4}), "<abc>___ <cd>____ | <u>_____");
  EXPECT_EQ(padded({}), "<abc> <cd>_ | <u>__");
  EXPECT_EQ(padded({.multiple_of = 4, .side = Side::kLeft}), "___<abc> ____<cd> | _____<u>");
}

TEST(Encoding, HasNoSpecialTokensWhereNoneAreAskedFor) {
  const TextEncoder encoder(tokenizer(), {.add_special = false, .truncation = Truncation{.max_length = 3}});
  EXPECT_EQ(drawn(encoder.encode("a b c d")), "abc d");
  EXPECT_EQ(drawn(encoder.encode("a", "b c d").front()), "abc");
}

TEST(Encoding, RefusesWhatLeavesNothingOfAText) {
  const auto encode = [](const Truncation& truncation, std::optional<std::string_view> second) {
    return TextEncoder(tokenizer(), {.truncation = truncation}).encode("a b c", second);
  };
  EXPECT_ERROR(encode({.max_length = 2}, std::nullopt), ErrorKind::kUsage, "max_length is 2; a text needs 3 at least");
  EXPECT_ERROR(encode({.max_length = 4}, "u"), ErrorKind::kUsage, "a pair needs 5 at least");
  EXPECT_ERROR(encode({.max_length = 0}, "u"), ErrorKind::kUsage, "max_length is 0; 1 or more is expected");
  EXPECT_ERROR(encode({.max_length = 5, .strategy = TruncationStrategy::kOnlySecond}, "u v"), ErrorKind::kInput,
               "5 tokens, where 2 fit, and the second text, which alone is cut, has 2");
  EXPECT_ERROR(encode({.max_length = 7, .stride = 2}, "u v w x"), ErrorKind::kInput,
               "stride is 2, but a part of this text has 2 tokens");
  EXPECT_ERROR(TextEncoder(tokenizer(), {.padding = Padding{.multiple_of = 0}}), ErrorKind::kUsage,
               "multiple of padding");
}

TEST(Encoding, RefusesBeforeAnyTextWhatSuitsNone) {
  const auto make = [](const Truncation& truncation) { TextEncoder(tokenizer(), {.truncation = truncation}); };
  EXPECT_ERROR(make({.max_length = 2}), ErrorKind::kUsage, "max_length is 2; a text needs 3 at least");
  EXPECT_ERROR(make({.max_length = 4, .stride = 2}), ErrorKind::kUsage,
               "stride is 2, but max_length leaves room for 2 tokens of a text; fewer are expected");
  EXPECT_NO_THROW(make({.max_length = 4, .stride = 1}));
}

TEST(Encoding, HasTheSameTokensWithoutOffsets) {
  const TextEncoder encoder(tokenizer(), {.truncation = Truncation{.max_length = 6}, .with_offsets = false});
  const Encoding pair = encoder.encode("a b c", "u v").front();
  EXPECT_EQ(drawn(pair), "<ab>u>");
  for (const Token& token : pair.tokens) EXPECT_EQ(token.byte_end + token.char_end, 0u);
}

TEST(Encoding, NeedsTheSpecialTokensThatItAdds) {
  const WordPieceTokenizer bare(Vocabulary({"[UNK]", "a"}, "v"), {}, "v");
  EXPECT_ERROR(TextEncoder(bare, {}), ErrorKind::kInput, "no classification token");
  EXPECT_ERROR(TextEncoder(bare, {.add_special = false, .padding = Padding{}}), ErrorKind::kInput, "no padding token");
  EXPECT_NO_THROW(TextEncoder(bare, {.add_special = false}));
}

}  // namespace
}  // namespace bertforge
