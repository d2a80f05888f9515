#include "bertforge/data/token_store.h"

#include <algorithm>
#include <bit>

#include "bertforge/base/error.h"
#include "bertforge/base/parallel.h"

namespace bertforge {

static_assert(std::endian::native == std::endian::little, "dataset files are little-endian and mapped as they are");

namespace {

constexpr std::size_t kItemsPerCheck = std::size_t{1} << 22;

MappedFile map_checked(const std::filesystem::path& path, std::int64_t num_items, std::int64_t bytes_per_item) {
  MappedFile file(path);
  const std::int64_t wanted = num_items * bytes_per_item;
  if (std::ssize(file.bytes()) != wanted) {
    fail(ErrorKind::kInput, path.string(), ": ", file.bytes().size(), " bytes; ", num_items, " items of ",
         bytes_per_item, " bytes (meta.json) make ", wanted, ": the file was cut short or belongs to another dataset");
  }
  return file;
}

// From 0 to `last`, each above the one before it: neither sentences nor documents are empty.
void check_offsets(const MappedFile& file, std::int64_t last, int num_threads) {
  const auto offsets = file.as<std::uint64_t>();
  const std::string path = file.path().string();
  if (offsets.front() != 0) fail(ErrorKind::kInput, path, ": the first offset is ", offsets.front(), ", not 0");
  if (offsets.back() != static_cast<std::uint64_t>(last)) {
    fail(ErrorKind::kInput, path, ": the last offset is ", offsets.back(), "; meta.json says ", last);
  }
  const std::size_t num_blocks = (offsets.size() + kItemsPerCheck - 1) / kItemsPerCheck;
  parallel_for(num_blocks, num_threads, [&](std::size_t block) {
    const std::size_t end = std::min(offsets.size() - 1, (block + 1) * kItemsPerCheck);
    for (std::size_t i = block * kItemsPerCheck; i < end; ++i) {
      if (offsets[i] >= offsets[i + 1]) {
        fail(ErrorKind::kInput, path, ": offset ", i + 1, " is ", offsets[i + 1], ", not above the one before it, ",
             offsets[i]);
      }
    }
  });
}

// The largest item; in strips of a fixed size, which the compiler turns into vector code.
template <class T>
T largest(std::span<const T> items) {
  constexpr std::size_t kStrip = 64;
  T lanes[kStrip] = {};
  for (; items.size() >= kStrip; items = items.subspan(kStrip)) {
    for (std::size_t i = 0; i < kStrip; ++i) lanes[i] = std::max(lanes[i], items[i]);
  }
  for (const T item : items) lanes[0] = std::max(lanes[0], item);
  return *std::max_element(lanes, lanes + kStrip);
}

template <class T>
void check_below(const MappedFile& file, std::int64_t vocabulary_size, int num_threads) {
  const auto items = file.as<T>();
  const std::size_t num_blocks = (items.size() + kItemsPerCheck - 1) / kItemsPerCheck;
  parallel_for(num_blocks, num_threads, [&](std::size_t block) {
    const std::size_t begin = block * kItemsPerCheck;
    const T id = largest(items.subspan(begin, std::min(kItemsPerCheck, items.size() - begin)));
    if (id >= static_cast<std::uint64_t>(vocabulary_size)) {
      fail(ErrorKind::kInput, file.path().string(), ": holds the token id ", id, "; ids of a vocabulary of ",
           vocabulary_size, " are below that");
    }
  });
}

}  // namespace

TokenStore::TokenStore(const std::filesystem::path& folder, int num_threads) : folder_(folder) {
  require_folder(folder);
  const std::filesystem::path meta_path = folder / dataset_files::kMeta;
  meta_ = parse_dataset_meta(read_file(meta_path), meta_path.string());

  const DatasetCounts& counts = meta_.counts;
  tokens_ = map_checked(folder / dataset_files::kTokens, counts.tokens, meta_.bytes_per_token);
  sentences_ = map_checked(folder / dataset_files::kSentences, counts.sentences + 1, sizeof(std::uint64_t));
  documents_ = map_checked(folder / dataset_files::kDocuments, counts.documents + 1, sizeof(std::uint64_t));

  num_threads = resolve_num_threads(num_threads);
  check_offsets(sentences_, counts.tokens, num_threads);
  check_offsets(documents_, counts.sentences, num_threads);
  check_ids(num_threads);
  index_ = {sentences_.as<std::uint64_t>(), documents_.as<std::uint64_t>()};
}

void TokenStore::check_ids(int num_threads) const {
  if (meta_.bytes_per_token == 2) {
    check_below<std::uint16_t>(tokens_, meta_.vocabulary_size, num_threads);
  } else {
    check_below<std::uint32_t>(tokens_, meta_.vocabulary_size, num_threads);
  }
}

void TokenStore::require_tokenizer(const Tokenizer& tokenizer) const {
  // The size as well: meta.json may be wrong, and what ids index is as long as the tokenizer's vocabulary.
  if (tokenizer.fingerprint() == meta_.tokenizer_fingerprint && tokenizer.vocabulary_size() == meta_.vocabulary_size) {
    return;
  }
  fail(ErrorKind::kInput, folder_.string(), ": made with another tokenizer (fingerprint ", meta_.tokenizer_fingerprint,
       ", vocabulary of ", meta_.vocabulary_size, ") than the one given (", tokenizer.fingerprint(), ", ",
       tokenizer.vocabulary_size(), "); the dataset's own is ", tokenizer_folder().string());
}

void TokenStore::require_content() const {
  const std::string found = hash_of_dataset(folder_, meta_.tokenizer_fingerprint);
  if (found == meta_.content_hash) return;
  fail(ErrorKind::kInput, folder_.string(), ": damaged: its files have the hash ", found, "; meta.json says ",
       meta_.content_hash);
}

void read_document(const TokenStore& store, std::int64_t document, std::vector<TokenId>& ids,
                   std::vector<std::int64_t>& lengths) {
  const SentenceIndex& index = store.index();
  const SentenceRange sentences = index.document(document);
  ids.clear();
  lengths.clear();
  store.append(index.tokens(sentences), ids);
  for (std::int64_t s = sentences.begin; s < sentences.end; ++s) lengths.push_back(index.num_tokens(s));
}

void TokenStore::append(TokenRange range, std::vector<TokenId>& ids) const {
  const auto copy = [&](auto tokens) {
    const auto part = tokens.subspan(range.begin, range.size());
    ids.insert(ids.end(), part.begin(), part.end());
  };
  if (meta_.bytes_per_token == 2) {
    copy(tokens_.as<std::uint16_t>());
  } else {
    copy(tokens_.as<std::uint32_t>());
  }
}

}  // namespace bertforge
