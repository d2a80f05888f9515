// No pairs: whole sentences, as many as the sequence holds, from one document and on into the next, with a [SEP] where another
// document begins. A sentence that is longer than a sequence is cut at its end and stands alone.
// Source: Liu et al. 2019 (RoBERTa), section 4.2, FULL-SENTENCES.

#include <algorithm>

#include "bertforge/base/error.h"
#include "bertforge/data/nsp_pairing.h"
#include "pairings.h"

namespace bertforge {

namespace {

class PackedPairing : public Pairing {
 public:
  explicit PackedPairing(PairingConfig config) : config_(std::move(config)) {}

  bool crosses_documents() const override { return true; }

  ChunkStep step(const SentenceIndex& index, ChunkStart start, const CounterRandom& epoch_random) const override {
    ChunkStep result;
    pack(index, start, epoch_random, result.next);
    return result;
  }

  SentencePair make(const SentenceIndex& index, ChunkStart start, const CounterRandom& epoch_random) const override {
    ChunkStart next;
    return pack(index, start, epoch_random, next);
  }

 private:
  // The sequence that begins at `start`, and where the one behind it begins.
  SentencePair pack(const SentenceIndex& index, ChunkStart start, const CounterRandom& epoch_random,
                    ChunkStart& next) const {
    BERTFORGE_CHECK(index.order.empty(), "packing across documents that do not stand as stored");
    CounterRandom random = chunk_random(epoch_random, start);
    // A length that is drawn is that of a pair; the longest has the place of the second [SEP] too.
    const std::int64_t drawn = draw_target_length(config_, random);
    const std::int64_t room = drawn == config_.max_num_tokens() ? config_.max_num_tokens_of_one() : drawn;

    const std::int64_t first = index.document(start.document).begin + start.sentence;
    SentencePair packed;
    packed.a = index.tokens({first, first + 1});
    packed.a.end = std::min(packed.a.end, packed.a.begin + config_.max_num_tokens_of_one());
    next = chunk_start(index, start.document, start.sentence + 1);
    while (next.document < index.num_documents()) {
      const std::int64_t sentence = index.document(next.document).begin + next.sentence;
      const TokenRange added = index.tokens({sentence, sentence + 1});
      const bool opens_document = next.sentence == 0;
      const std::int64_t num_tokens = packed.a.size() + std::ssize(packed.document_ends);
      if (num_tokens + opens_document + added.size() > room) break;
      if (opens_document) packed.document_ends.push_back(added.begin);
      packed.a.end = added.end;
      next = chunk_start(index, next.document, next.sentence + 1);
    }
    return packed;
  }

  PairingConfig config_;
};

}  // namespace

std::unique_ptr<Pairing> make_packed_pairing(const PairingConfig& config) {
  return std::make_unique<PackedPairing>(config);
}

}  // namespace bertforge
