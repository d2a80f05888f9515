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

}  // namespace
}  // namespace bertforge
