#include "bertforge/text/word_counter.h"

#include <gmock/gmock.h>

#include "bertforge/base/error.h"
#include "support/temp_dir.h"

namespace bertforge {
namespace {

using ::testing::ElementsAre;

TEST(WordCounter, CountsWordsAsTheTokenizerSeesThem) {
  EXPECT_THAT(count_words("The caf\u00E9, the CAFE!", {}),
              ElementsAre(WordCount{"!", 1}, WordCount{",", 1}, WordCount{"cafe", 2}, WordCount{"the", 2}));
}

TEST(WordCounter, CountsACorpusAlikeOnAnyNumberOfThreads) {
  const testing::TempDir folder;
  std::string text;
  for (int i = 0; i < 700; ++i) text += concat("word", i % 37, " <unk> and number ", i, i % 5 == 0 ? "\n\n" : "\n");
  const std::string file = folder.write("corpus.txt", text).string();
  const auto counts = [&](std::string_view marker, int num_threads) {
    return count_words(*open_corpus("lines", {file}), {}, {.marker = marker, .num_threads = num_threads}).words;
  };
  EXPECT_EQ(counts(kWikiTextUnknown, 1), counts(kWikiTextUnknown, 3));
  EXPECT_NE(counts(kWikiTextUnknown, 1), counts("", 1));
}

TEST(WordCounter, PartsWordsWhereTheTokenizerDoesWhateverStandsAroundThem) {
  // A vertical tab is deleted, an ideographic space parts words, a combining accent belongs to the letter before it.
  const std::string text = "x\vy a\u3000b cafe\u0301 \u535A\u63A8 x\vy\r\n\tB";
  EXPECT_THAT(count_words(text, {}), ElementsAre(WordCount{"a", 1}, WordCount{"b", 2}, WordCount{"cafe", 1},
                                                 WordCount{"xy", 2}, WordCount{"\u535A", 1}, WordCount{"\u63A8", 1}));
}

TEST(WordCounter, CutsWordsThatAreTooLongForWhoAsks) {
  const testing::TempDir folder;
  const std::string text = "abc abcd abcdX abcdY \u00E6\u00E6\u00E6\u00E6\u00E6\n";
  const std::string file = folder.write("corpus.txt", text).string();
  const auto count = [&](std::int64_t max_chars) {
    return count_words(*open_corpus("lines", {file}), {}, {.max_chars = max_chars}).words;
  };
  EXPECT_THAT(count(3),
              ElementsAre(WordCount{"abc", 1}, WordCount{"abcd", 3}, WordCount{"\u00E6\u00E6\u00E6\u00E6", 1}));
  EXPECT_EQ(count(4).size(), 5u);  // The fifth character is there, and the words differ in it.
  EXPECT_EQ(count(0).back().word, "\u00E6\u00E6\u00E6\u00E6\u00E6");
}

TEST(WordCounter, ForgetsInsideOfALongDocumentToo) {
  const testing::TempDir folder;
  std::string text;
  for (int i = 0; i < 20'000; ++i)
    text += concat(std::string(1020, 'x'), " word", i, "\n");  // 20 MB and no blank line.
  const std::string file = folder.write("corpus.txt", text).string();
  const CountedWords counted = count_words(*open_corpus("lines", {file}), {}, {.max_words = 6000});
  EXPECT_EQ(counted.max_error, 2);  // Behind the first and the second 8 MiB.
  EXPECT_LE(counted.words.size(), 6000u);
}

TEST(WordCounter, ForgetsRareWordsAlikeOnAnyNumberOfThreads) {
  const testing::TempDir folder;
  std::string text;
  // Three batches of 8 MiB: "often" stands everywhere, every other word once.
  std::string often;
  for (int i = 0; i < 170; ++i) often += "often ";
  for (int i = 0; i < 20'000; ++i) text += concat(often, "word", i, i % 9 == 0 ? "\n\n" : "\n");
  const std::string file = folder.write("corpus.txt", text).string();
  const auto count = [&](int num_threads, std::int64_t max_words) {
    return count_words(*open_corpus("lines", {file}), {}, {.num_threads = num_threads, .max_words = max_words});
  };
  const CountedWords all = count(2, 0), one = count(1, 6000), three = count(3, 6000);
  EXPECT_EQ(all.num_forgotten, 0);
  EXPECT_EQ(one.words, three.words);
  EXPECT_LE(one.words.size(), 6000u);
  EXPECT_EQ(one.num_forgotten + std::ssize(one.words), std::ssize(all.words));
  EXPECT_EQ(one.max_error, 2);                      // Forgotten behind the first and the second batch.
  EXPECT_EQ(one.words.front(), all.words.front());  // "often"
}

}  // namespace
}  // namespace bertforge
