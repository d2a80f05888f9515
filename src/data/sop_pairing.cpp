// Sentence order prediction: two runs of a document that follow one another, in their order or swapped.
// Source: Lan et al. 2020 (ALBERT), section 3.1. A chunk is nsp's, but of two sentences at least where the document has them;
// a sentence that is left alone at a document's end gives no example.

#include <algorithm>

#include "bertforge/base/error.h"
#include "bertforge/data/nsp_pairing.h"
#include "pairings.h"

namespace bertforge {

namespace {

class SopPairing : public Pairing {
 public:
  explicit SopPairing(PairingConfig config) : config_(std::move(config)) {}

  ChunkStep step(const SentenceIndex& index, ChunkStart start, const CounterRandom& epoch_random) const override {
    CounterRandom random = chunk_random(epoch_random, start);
    const SentenceRange chunk = draw_chunk(index, start, random);
    return {chunk_start(index, start.document, start.sentence + chunk.size()), /*has_example=*/chunk.size() > 1};
  }

  SentencePair make(const SentenceIndex& index, ChunkStart start, const CounterRandom& epoch_random) const override {
    CounterRandom random = chunk_random(epoch_random, start);
    const SentenceRange chunk = draw_chunk(index, start, random);
    BERTFORGE_CHECK(chunk.size() > 1);
    const std::int64_t a_end =
        chunk.begin + 1 + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(chunk.size() - 1)));
    SentencePair pair{index.tokens({chunk.begin, a_end}), index.tokens({a_end, chunk.end})};
    pair.is_random_next = random.unit() < 0.5;
    if (pair.is_random_next) std::swap(pair.a, pair.b);
    truncate_pair(pair, config_.max_num_tokens(), random);
    return pair;
  }

 private:
  SentenceRange draw_chunk(const SentenceIndex& index, ChunkStart start, CounterRandom& random) const {
    const std::int64_t target_length = draw_target_length(config_, random);
    const SentenceRange document = index.document(start.document);
    SentenceRange chunk{document.begin + start.sentence, document.begin + start.sentence + 1};
    while (chunk.end < document.end && (chunk.size() < 2 || index.tokens(chunk).size() < target_length)) ++chunk.end;
    return chunk;
  }

  PairingConfig config_;
};

}  // namespace

std::unique_ptr<Pairing> make_sop_pairing(const PairingConfig& config) { return std::make_unique<SopPairing>(config); }

}  // namespace bertforge
