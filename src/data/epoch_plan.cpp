#include "bertforge/data/epoch_plan.h"

#include <algorithm>

#include "bertforge/base/error.h"
#include "bertforge/base/parallel.h"

namespace bertforge {

namespace {

constexpr std::int64_t kExamplesPerBookmark = 8;
constexpr std::int64_t kDocumentsPerBlock = 256;

}  // namespace

EpochPlan::EpochPlan(const SentenceIndex& index, const Pairing& pairing, const CounterRandom& random,
                     std::int64_t epoch, int num_threads)
    : index_(index),
      pairing_(pairing),
      epoch_(epoch),
      pairing_random_(random.fork(RandomPurpose::kPairing, static_cast<std::uint64_t>(epoch))),
      masking_random_(random.fork(RandomPurpose::kMasking, static_cast<std::uint64_t>(epoch))),
      order_random_(random.fork(RandomPurpose::kExampleOrder, static_cast<std::uint64_t>(epoch))),
      order_(1, 0) {
  walk_all(resolve_num_threads(num_threads));
  if (num_examples_ == 0) {
    fail(ErrorKind::kInput, "the dataset gives no example: ", index.num_documents(), " documents with ",
         index.num_sentences(),
         " sentences; an example needs two sentences (data.pairing none: one) that fit in max_seq_length");
  }
  order_ = KeyedPermutation(static_cast<std::uint64_t>(num_examples_), order_random_.key());
}

EpochPlan::Block EpochPlan::walk_block(std::int64_t begin_document, std::int64_t end_document) const {
  Block block;
  for (ChunkStart start{begin_document, 0}; start.document < end_document;) {
    const ChunkStep step = pairing_.step(index_, start, pairing_random_);
    if (step.has_example) {
      if (block.num_examples % kExamplesPerBookmark == 0) block.bookmarks.push_back(start);
      ++block.num_examples;
    }
    start = step.next;
  }
  block.bookmarks.shrink_to_fit();
  return block;
}

void EpochPlan::walk_all(int num_threads) {
  const std::int64_t num_documents = index_.num_documents();
  // Where chunks cross documents, the place where the first one of a block begins is not known before.
  const std::int64_t block_size =
      pairing_.crosses_documents() ? std::max<std::int64_t>(num_documents, 1) : kDocumentsPerBlock;
  blocks_.resize((num_documents + block_size - 1) / block_size);
  parallel_for(blocks_.size(), num_threads, [&](std::size_t i) {
    const std::int64_t begin = static_cast<std::int64_t>(i) * block_size;
    blocks_[i] = walk_block(begin, std::min(begin + block_size, num_documents));
  });
  for (Block& block : blocks_) {
    block.first_example = num_examples_;
    num_examples_ += block.num_examples;
  }
}

ChunkStart EpochPlan::find(std::int64_t example) const {
  BERTFORGE_CHECK(example >= 0 && example < num_examples_, "example ", example, " of ", num_examples_);
  const auto after =
      std::upper_bound(blocks_.begin(), blocks_.end(), example,
                       [](std::int64_t value, const Block& block) { return value < block.first_example; });
  const Block& block = *std::prev(after);  // The last that begins at or before it: the ones of no example come first.
  const std::int64_t place = example - block.first_example;
  ChunkStart start = block.bookmarks[static_cast<std::size_t>(place / kExamplesPerBookmark)];
  for (std::int64_t to_pass = place % kExamplesPerBookmark;;) {
    const ChunkStep step = pairing_.step(index_, start, pairing_random_);
    if (step.has_example && to_pass-- == 0) return start;
    start = step.next;
  }
}

}  // namespace bertforge
