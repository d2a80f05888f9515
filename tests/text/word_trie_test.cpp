// The trie beside the plain longest match.

#include "bertforge/text/word_trie.h"

#include <gtest/gtest.h>

#include "bertforge/base/random.h"
#include "bertforge/text/wordpiece.h"
#include "support/shared_path.h"

namespace bertforge {
namespace {

constexpr TokenId kUnknown = 0;

Vocabulary vocabulary_of(std::vector<std::string> pieces) {
  pieces.insert(pieces.begin(), "[UNK]");
  return Vocabulary(std::move(pieces), "toy");
}

std::vector<TokenId> plain_ids(const Vocabulary& vocabulary, std::string_view indicator, std::string_view word) {
  std::vector<WordPart> parts;
  WordPiece(vocabulary, kUnknown, std::string(indicator), {1000}).encode(word, parts);
  std::vector<TokenId> ids;
  for (const WordPart& part : parts) ids.push_back(part.id);
  return ids;
}

std::vector<TokenId> trie_ids(const WordTrie& trie, std::string_view word) {
  std::vector<TokenId> ids;
  if (!trie.match(word, ids)) ids.push_back(kUnknown);
  return ids;
}

TEST(WordTrie, GoesOnBehindTheLongestMatchWithoutLookingBack) {
  const Vocabulary vocabulary = vocabulary_of({"a", "abcdx", "##b", "##c", "##cdy", "##dz"});
  const WordTrie trie(vocabulary, "##", 100);
  EXPECT_EQ(trie_ids(trie, "abcdz"), (std::vector<TokenId>{1, 3, 4, 6}));
  EXPECT_EQ(trie_ids(trie, "abcdx"), (std::vector<TokenId>{2}));
}

TEST(WordTrie, GivesUpWhereNoPieceFitsAndLeavesWhatWasThere) {
  const Vocabulary vocabulary = vocabulary_of({"a", "ab", "##b"});
  const WordTrie trie(vocabulary, "##", 100);
  std::vector<TokenId> ids = {7};
  EXPECT_FALSE(trie.match("abba", ids));
  EXPECT_EQ(ids, std::vector<TokenId>{7});
  EXPECT_FALSE(trie.match("b", ids));
  EXPECT_TRUE(trie.match("", ids));
  EXPECT_EQ(ids, std::vector<TokenId>{7});
}

TEST(WordTrie, AWordMayBeginAsContinuingPiecesDo) {
  const Vocabulary vocabulary = vocabulary_of({"#", "##", "##a", "###b"});
  const WordTrie trie(vocabulary, "##", 100);
  for (const char* word : {"#", "##", "##a", "###", "#a", "##aa", "###b", "####"})
    EXPECT_EQ(trie_ids(trie, word), plain_ids(vocabulary, "##", word)) << word;
}

TEST(WordTrie, LeavesOutPiecesThatAreLongerThanAnyWord) {
  const Vocabulary vocabulary = vocabulary_of({"a", "##a", std::string(300000, 'a')});
  EXPECT_LT(WordTrie(vocabulary, "##", 100).memory_bytes(), 100000u);
}

TEST(WordTrie, GivesThePlainIdsForRandomVocabulariesAndWords) {
  CounterRandom random(1);
  const auto random_word = [&](std::uint64_t max_size) {
    std::string word;
    for (std::uint64_t n = 1 + random.below(max_size); n > 0; --n) word += static_cast<char>('a' + random.below(3));
    return word;
  };
  for (int round = 0; round < 300; ++round) {
    const std::string indicator = round % 3 == 0 ? "" : round % 3 == 1 ? "##" : "ab";
    std::vector<std::string> pieces;
    for (std::uint64_t n = 1 + random.below(20); n > 0; --n) {
      const std::string piece = (random.below(2) == 0 ? indicator : "") + random_word(6);
      if (std::find(pieces.begin(), pieces.end(), piece) == pieces.end()) pieces.push_back(piece);
    }
    const Vocabulary vocabulary = vocabulary_of(pieces);
    const WordTrie trie(vocabulary, indicator, 1000);
    for (int i = 0; i < 50; ++i) {
      const std::string word = random_word(17);
      ASSERT_EQ(trie_ids(trie, word), plain_ids(vocabulary, indicator, word)) << "round " << round << ", " << word;
    }
  }
}

TEST(WordTrie, EveryPieceOfARealVocabularyIsItsOwnMatch) {
  BERTFORGE_REQUIRE_SHARED(vocab_txt, "data/vocab/bert-base-multilingual-cased.txt");
  const Vocabulary vocabulary = Vocabulary::from_file(vocab_txt);
  const WordTrie trie(vocabulary, "##", 100);
  for (TokenId id = 0; id < vocabulary.size(); ++id) {
    ASSERT_EQ(trie_ids(trie, vocabulary.piece(id)), std::vector<TokenId>{id}) << vocabulary.piece(id);
  }
  EXPECT_LT(trie.memory_bytes(), std::size_t{32} << 20);
}

}  // namespace
}  // namespace bertforge
