#pragma once
// Datasets of numbers for tests: a tokenizer whose words are their own ids, and stores made of sentence lengths.

#include <charconv>
#include <filesystem>
#include <string>
#include <vector>

#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/data/token_store.h"
#include "bertforge/text/corpus_reader.h"
#include "support/temp_dir.h"

namespace bertforge::testing {

// [PAD] 0, [UNK] 1, [CLS] 2, [SEP] 3, [MASK] 4, and numbers from 5 on, which stand for themselves. Any other word is
// unknown. Odd numbers from `first_continuation` on continue the word before them.
class ToyTokenizer : public Tokenizer {
 public:
  explicit ToyTokenizer(TokenId vocabulary_size = 99, TokenId first_continuation = 81)
      : first_continuation_(first_continuation) {
    for (TokenId id = 0; id < vocabulary_size; ++id) pieces_.push_back(id < 5 ? kSpecials[id] : std::to_string(id));
  }

  void encode(std::string_view text, std::vector<TokenId>& ids, SpecialTokensInText) const override {
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = std::min(text.find(' ', begin), text.size());
      if (end > begin) ids.push_back(id_of(text.substr(begin, end - begin)));
      begin = end + 1;
    }
  }
  std::vector<Token> encode_with_offsets(std::string_view, SpecialTokensInText) const override { return {}; }
  std::string decode(std::span<const TokenId> ids, bool skip_special) const override {
    std::string text;
    for (const TokenId id : ids) {
      if (skip_special && is_special(id)) continue;
      if (!text.empty() && !continues_word(id)) text += ' ';
      text += piece(id);
    }
    return text;
  }
  std::int64_t vocabulary_size() const override { return std::ssize(pieces_); }
  const std::string& piece(TokenId id) const override { return pieces_[id]; }
  bool continues_word(TokenId id) const override { return id >= first_continuation_ && id % 2 == 1; }
  const SpecialTokens& special_tokens() const override { return specials_; }
  bool is_special(TokenId id) const override { return id < 5; }
  bool can_be_cut_at_spaces(SpecialTokensInText) const override { return true; }
  std::string fingerprint() const override { return "toy of " + std::to_string(pieces_.size()); }
  void save(const std::filesystem::path& folder, std::int64_t) const override {
    write_file_atomic(folder / "vocab.txt", fingerprint());
  }

 private:
  static constexpr const char* kSpecials[] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};

  TokenId id_of(std::string_view word) const {
    TokenId id = 0;
    const auto result = std::from_chars(word.data(), word.data() + word.size(), id);
    const bool known =
        result.ec == std::errc() && result.ptr == word.data() + word.size() && id >= 5 && id < vocabulary_size();
    return known ? id : specials_.unknown;
  }

  std::vector<std::string> pieces_;
  SpecialTokens specials_{.pad = 0, .unknown = 1, .cls = 2, .sep = 3, .mask = 4};
  TokenId first_continuation_;
};

// Tokens of each sentence of each document.
using DocumentLengths = std::vector<std::vector<std::int64_t>>;

// A dataset whose tokens are 5, 6, 7, ... over and over.
inline TokenStore make_store(const std::filesystem::path& folder, const Tokenizer& tokenizer,
                             const DocumentLengths& documents) {
  TokenStoreWriter writer(folder, tokenizer);
  TokenId next = 5;
  for (const std::vector<std::int64_t>& lengths : documents) {
    std::vector<TokenId> ids;
    for (const std::int64_t length : lengths) {
      for (std::int64_t i = 0; i < length; ++i) {
        ids.push_back(next++);
        if (next == tokenizer.vocabulary_size()) next = 5;
      }
    }
    writer.add_document(ids, lengths);
  }
  writer.publish({});
  return TokenStore(folder);
}

// Documents of 1 to 23 sentences of 1 to 31 tokens.
inline DocumentLengths uneven_documents(int num_documents) {
  DocumentLengths documents(num_documents);
  for (int d = 0; d < num_documents; ++d) {
    for (int s = 0; s <= d * 7 % 23; ++s) documents[d].push_back(1 + (d * 5 + s * 11) % 31);
  }
  return documents;
}

// Sentence and document offsets of the same, in memory, for what needs no tokens.
struct ToyIndex {
  std::vector<std::uint64_t> sentences = {0}, documents = {0};

  explicit ToyIndex(const DocumentLengths& lengths) {
    for (const auto& document : lengths) {
      for (const std::int64_t length : document)
        sentences.push_back(sentences.back() + static_cast<std::uint64_t>(length));
      documents.push_back(sentences.size() - 1);
    }
  }
  SentenceIndex index() const { return {sentences, documents}; }
};

class VectorReader : public CorpusReader {
 public:
  explicit VectorReader(std::vector<Document> documents, InvalidUtf8 invalid_utf8 = {})
      : documents_(std::move(documents)), invalid_utf8_(std::move(invalid_utf8)) {}
  bool next(Document& document) override {
    if (next_ == documents_.size()) return false;
    document = documents_[next_++];
    return true;
  }
  std::uint64_t num_bytes_read() const override { return 0; }
  std::uint64_t num_bytes_total() const override { return 0; }
  const InvalidUtf8& invalid_utf8() const override { return invalid_utf8_; }

 private:
  std::vector<Document> documents_;
  InvalidUtf8 invalid_utf8_;
  std::size_t next_ = 0;
};

}  // namespace bertforge::testing
