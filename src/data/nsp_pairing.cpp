#include "bertforge/data/nsp_pairing.h"

#include "bertforge/base/error.h"
#include "pairings.h"

namespace bertforge {

namespace {

class NspPairing : public Pairing {
 public:
  explicit NspPairing(PairingConfig config) : config_(std::move(config)) {}

  ChunkStep step(const SentenceIndex& index, ChunkStart start, const CounterRandom& epoch_random) const override {
    ChunkStep result;
    visit_chunk(index, start, epoch_random, [&](const NspChunk& chunk, CounterRandom&) {
      result.has_example = chunk.has_example();
      result.next = chunk_start(index, start.document, chunk.next_begin() - index.document(start.document).begin);
    });
    return result;
  }

  SentencePair make(const SentenceIndex& index, ChunkStart start, const CounterRandom& epoch_random) const override {
    SentencePair pair;
    visit_chunk(index, start, epoch_random, [&](const NspChunk& chunk, CounterRandom& random) {
      BERTFORGE_CHECK(chunk.has_example());
      pair = draw_nsp_pair(index, chunk, config_, random);
    });
    return pair;
  }

 private:
  template <class Visit>
  void visit_chunk(const SentenceIndex& index, ChunkStart start, const CounterRandom& epoch_random, Visit visit) const {
    CounterRandom random = epoch_random.fork(RandomPurpose::kPairing, static_cast<std::uint64_t>(start.document));
    visit_nsp_chunks(index, start, config_, random, [&](const NspChunk& chunk, CounterRandom& chunk_random) {
      visit(chunk, chunk_random);
      return false;
    });
  }

  PairingConfig config_;
};

}  // namespace

std::unique_ptr<Pairing> make_nsp_pairing(const PairingConfig& config) { return std::make_unique<NspPairing>(config); }

}  // namespace bertforge
