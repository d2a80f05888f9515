// Next-sentence prediction of single sentences: every sentence of a document is an A; B is the sentence behind it, or a random
// one. A pair that does not fit the sequence is left out whole, so that nothing is ever cut.
// Source: Zhang et al., Dive into Deep Learning, section 15.9 (_get_next_sentence, _get_nsp_data_from_paragraph).

#include "bertforge/base/error.h"
#include "bertforge/data/nsp_pairing.h"
#include "pairings.h"

namespace bertforge {

namespace {

class D2lPairing : public Pairing {
 public:
  explicit D2lPairing(PairingConfig config) : config_(std::move(config)) {}

  ChunkStep step(const SentenceIndex& index, ChunkStart start, const CounterRandom& epoch_random) const override {
    if (start.sentence + 1 >= index.document(start.document).size()) {
      return {{start.document + 1, 0}, /*has_example=*/false};
    }
    const SentencePair pair = draw(index, start, epoch_random);
    return {{start.document, start.sentence + 1},
            /*has_example=*/pair.a.size() + pair.b.size() <= config_.max_num_tokens()};
  }

  SentencePair make(const SentenceIndex& index, ChunkStart start, const CounterRandom& epoch_random) const override {
    const SentencePair pair = draw(index, start, epoch_random);
    BERTFORGE_CHECK(pair.a.size() + pair.b.size() <= config_.max_num_tokens());
    return pair;
  }

 private:
  // REQUIRES: a sentence stands behind the one that `start` names.
  SentencePair draw(const SentenceIndex& index, ChunkStart start, const CounterRandom& epoch_random) const {
    CounterRandom random = chunk_random(epoch_random, start);
    const std::int64_t a = index.document(start.document).begin + start.sentence;
    NspChunk chunk{.document = start.document, .sentences = {a, a + 2}, .a_end = a + 1};
    const bool can_be_random =
        config_.random_next_from_same_document || index.num_documents() > 1 || num_own_random_starts(index, chunk) > 0;
    chunk.is_random_next = random.unit() >= 0.5 && can_be_random;
    const std::int64_t b = chunk.is_random_next ? draw_random_start(index, chunk, config_, random).begin : chunk.a_end;
    return {index.tokens({a, a + 1}), index.tokens({b, b + 1}), chunk.is_random_next};
  }

  PairingConfig config_;
};

}  // namespace

std::unique_ptr<Pairing> make_d2l_pairing(const PairingConfig& config) { return std::make_unique<D2lPairing>(config); }

}  // namespace bertforge
