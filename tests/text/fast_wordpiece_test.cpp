// The fast path beside the plain one: every scanner, for texts that end and break where vectors, batches and cache keys do.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "bertforge/base/error.h"
#include "bertforge/base/random.h"
#include "bertforge/text/unicode.h"
#include "bertforge/text/wordpiece_tokenizer.h"
#include "support/shared_path.h"

namespace bertforge {
namespace {

std::vector<std::string> toy_pieces() {
  std::vector<std::string> pieces = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "#",
                                     "##",    "###",   ",",     ".",     "[",      "]"};
  for (char c = 'a'; c <= 'g'; ++c) {
    pieces.push_back(std::string(1, c));
    if (c != 'e') pieces.push_back(std::string("##") + c);
  }
  for (const char* piece : {"ab",    "abc",
                            "abcde", "##bc",
                            "##bcd", "##cdefg",
                            "ddd",   "##ddd",
                            "é",     "##é",
                            "博",    "推",
                            "##推",  "кот",
                            "##ик",  "ก",
                            "##าน",  "각",
                            "##ᆨ",  "ᄀ",
                            "##ᅡ",  "##͏",
                            "。",    "1",
                            "##2",   "##345678901234567"})
    pieces.emplace_back(piece);
  return pieces;
}

// Parts that mean something to one stage or another, some broken.
const std::vector<std::string> kParts = {"a",
                                         "b",
                                         "c",
                                         "d",
                                         "e",
                                         "f",
                                         "g",
                                         "A",
                                         "B",
                                         "abc",
                                         "bcd",
                                         "ddd",
                                         "abcdefg",
                                         " ",
                                         " ",
                                         " ",
                                         "\n",
                                         "\t",
                                         "\r",
                                         "\v",
                                         "\x01",
                                         std::string(1, '\0'),
                                         ".",
                                         ",",
                                         "[",
                                         "]",
                                         "#",
                                         "##",
                                         "[MASK]",
                                         "é",
                                         "É",
                                         "e\u0301",
                                         "\u0301",
                                         "\u0323\u0301",
                                         "ß",
                                         "İ",
                                         "Σ",
                                         "σ",
                                         "博",
                                         "推",
                                         "\uF900",
                                         "кот",
                                         "КОТ",
                                         "ик",
                                         "กาน",
                                         "각",
                                         "\u1100\u1161\u11A8",
                                         "。",
                                         "\u3000",
                                         "\u00A0",
                                         "\u200B",
                                         "\uE000",
                                         "\uFFFD",
                                         "\u302E",
                                         "\U0001D15E",
                                         "\U0001F600",
                                         "\x80",
                                         "\xC3",
                                         "\xE5\x8D",
                                         "\xF0\x9F\x98",
                                         "\xFF",
                                         "1",
                                         "2",
                                         "345678901234567",
                                         "abcdefgabcdefg",
                                         "abcdefgabcdefga",
                                         "abcdefgabcdefgab",
                                         "abcdefgabcdefgabc"};

std::string random_text(CounterRandom& random, std::size_t max_parts) {
  std::string text;
  for (std::uint64_t i = random.below(max_parts + 1); i > 0; --i) text += kParts[random.below(kParts.size())];
  return text;
}

std::vector<TokenId> ids_of(const WordPieceTokenizer& tokenizer, std::string_view text,
                            SpecialTokensInText specials = SpecialTokensInText::kAreText) {
  std::vector<TokenId> ids;
  tokenizer.encode(text, ids, specials);
  return ids;
}

class FastWordPiecePaths : public ::testing::TestWithParam<NamedEncoderPath> {
 protected:
  void SetUp() override {
    if (!GetParam().is_supported) GTEST_SKIP() << "this CPU lacks the instructions of " << GetParam().name;
  }

  // The tokenizer on the path to be tested, and on the plain one.
  struct Twins {
    explicit Twins(const TokenizerConfig& config)
        : fast(Vocabulary(toy_pieces(), "toy"), config, "toy"), plain(Vocabulary(toy_pieces(), "toy"), config, "toy") {
      fast.choose_encoder_path(GetParam().path);
      plain.choose_encoder_path(EncoderPath::kPlain);
    }
    WordPieceTokenizer fast, plain;
  };
};

TEST_P(FastWordPiecePaths, GivesThePlainIdsOfRandomTextsInEveryConfiguration) {
  const std::vector<std::string> compats = compat_names();
  for (int bits = 0; bits < 192; ++bits) {
    const auto bit = [&](int i) { return (bits >> i & 1) != 0; };
    const TokenizerConfig config{.compat = compats[static_cast<std::size_t>(bits >> 6)],
                                 .lowercase = bit(0),
                                 .strip_accents = bit(1) ? "true" : "false",
                                 .split_cjk = bit(2),
                                 .clean_text = bit(3) || bits >= 128,  // Keras has no such step.
                                 .split = !bit(5),
                                 .max_word_chars = bit(4) ? 7 : 100};
    const Twins twins(config);
    ASSERT_EQ(twins.fast.encoder_path(), GetParam().path);
    CounterRandom random(static_cast<std::uint64_t>(bits));
    for (int i = 0; i < 150; ++i) {
      const std::string text = random_text(random, i % 40 == 0 ? 900 : 12);
      const auto specials = i % 2 == 0 ? SpecialTokensInText::kAreText : SpecialTokensInText::kMatch;
      ASSERT_EQ(ids_of(twins.fast, text, specials), ids_of(twins.plain, text, specials))
          << "configuration " << bits << ", text " << i << ": " << ::testing::PrintToString(text);
    }
  }
}

TEST_P(FastWordPiecePaths, GivesThePlainIdsOfTextsOfEveryLengthAroundBlocksAndBatches) {
  const Twins twins{TokenizerConfig()};
  for (const std::size_t size :
       {15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 4031, 4032, 4033, 4095, 4096, 4097, 8191, 8193}) {
    for (const std::string part : {"a", ".", " ", "ab ", "abc.", "abcdefgabcdefgab ", "a.b", "博", "é"}) {
      for (const char* end : {"", " ", ".", "a", "\n"}) {
        std::string text;
        while (text.size() < size) text += part;
        text.resize(size);
        text += end;
        ASSERT_EQ(ids_of(twins.fast, text), ids_of(twins.plain, text))
            << size << " bytes of \"" << part << "\" and \"" << end << '"';
      }
    }
  }
}

TEST_P(FastWordPiecePaths, ABatchHasTheIdsOfItsTextsWhateverTheNumberOfThreads) {
  const Twins twins{TokenizerConfig()};
  CounterRandom random(7);
  std::vector<std::string> contents;
  for (int i = 0; i < 3001; ++i) contents.push_back(i % 5 == 0 ? "" : random_text(random, i % 600 == 0 ? 9000 : 99));
  const std::vector<std::string_view> texts(contents.begin(), contents.end());
  for (const int num_threads : {1, 2, 3}) {
    TokenBatch batch;
    twins.fast.encode_batch(texts, num_threads, batch, SpecialTokensInText::kMatch);
    ASSERT_EQ(batch.size(), texts.size());
    std::size_t num_tokens = 0;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const std::vector<TokenId> ids(batch[i].begin(), batch[i].end());
      ASSERT_EQ(ids, ids_of(twins.plain, texts[i], SpecialTokensInText::kMatch)) << "text " << i;
      num_tokens += ids.size();
    }
    EXPECT_EQ(batch.num_tokens(), num_tokens);
  }
}

TEST_P(FastWordPiecePaths, MoreWordsThanTheCacheHoldsChangeNothing) {
  const Twins twins{TokenizerConfig()};
  CounterRandom random(3);
  std::string text;
  for (int i = 0; i < 300000; ++i) {
    for (std::uint64_t n = 1 + random.below(11); n > 0; --n) text += static_cast<char>('a' + random.below(8));
    text += ' ';
  }
  const std::vector<TokenId> expected = ids_of(twins.plain, text);
  EXPECT_EQ(ids_of(twins.fast, text), expected);
  EXPECT_EQ(ids_of(twins.fast, text), expected);  // Now from what the first pass left.
  EXPECT_LT(twins.fast.encoder_memory_bytes(), std::size_t{16} << 20);
}

TEST_P(FastWordPiecePaths, APieceThatEndsInANulIsNotTakenForTheOneWithout) {
  const std::string with_nul("a\0", 2);
  WordPieceTokenizer tokenizer(Vocabulary({"[UNK]", "a", with_nul}, "toy"), {.clean_text = false}, "toy");
  tokenizer.choose_encoder_path(GetParam().path);
  EXPECT_EQ(ids_of(tokenizer, "a"), std::vector<TokenId>{1});
  EXPECT_EQ(ids_of(tokenizer, with_nul), std::vector<TokenId>{2});
}

TEST_P(FastWordPiecePaths, ThreadsMayEncodeAtTheSameTime) {
  const Twins twins{TokenizerConfig()};
  const std::string text = "abc bcd ddd abcdefg 博推 кот";
  const std::vector<TokenId> expected = ids_of(twins.plain, text);
  std::vector<std::jthread> threads;
  std::atomic<int> num_equal = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) num_equal += ids_of(twins.fast, text) == expected;
    });
  }
  threads.clear();
  EXPECT_EQ(num_equal, 800);
}

INSTANTIATE_TEST_SUITE_P(Every, FastWordPiecePaths,
                         ::testing::ValuesIn(encoder_paths().begin() + 1, encoder_paths().end()),
                         [](const auto& instance) { return std::string(instance.param.name); });

TEST(FastWordPiece, AnEmptyBatchHasNoTextsAndNoTokens) {
  const WordPieceTokenizer tokenizer(Vocabulary(toy_pieces(), "toy"), {}, "toy");
  TokenBatch batch;
  tokenizer.encode_batch({}, 2, batch, SpecialTokensInText::kAreText);
  EXPECT_EQ(batch.size(), 0u);
  EXPECT_EQ(batch.num_tokens(), 0u);
}

}  // namespace
}  // namespace bertforge
