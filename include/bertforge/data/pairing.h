#pragma once
// Pairing: how the sentences of a document become chunks, and a chunk becomes a pair (A, B) with its label.
//
// Fed by sentence_index.h (lengths alone); feeds epoch_plan.h, which counts chunks, and example_maker.h, which makes pairs.
// An example is a function of where its chunk begins and of the epoch's randomness; nothing else is remembered. So a plan may
// count without making pairs, and any example can be made alone.
// Which of them suits what: docs/data.md.
// A new pairing is one .cpp with a class of this interface, its maker in src/data/pairings.h, one line in pairings(), one test.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "bertforge/base/field_list.h"
#include "bertforge/base/random.h"
#include "bertforge/data/example.h"
#include "bertforge/data/sentence_index.h"

namespace bertforge {

struct PairingConfig {
  std::string pairing = "nsp";
  std::int64_t max_seq_length = 128;  // Of [CLS] A [SEP] B [SEP].
  double short_seq_prob = 0.1;        // Share of chunks that aim at a random shorter length.
  // Two habits of google-research/bert that the default mends; true keeps them, for comparison.
  bool short_seq_per_document = false;          // The shorter length is drawn once for all chunks of a document.
  bool random_next_from_same_document = false;  // A "random" B may be from A's document, even its true continuation.

  // What [CLS] and two [SEP] leave for A and B; what [CLS] and one [SEP] leave for A alone.
  std::int64_t max_num_tokens() const { return max_seq_length - 3; }
  std::int64_t max_num_tokens_of_one() const { return max_seq_length - 2; }
  void validate() const;  // Error(kUsage)
};
void visit_fields(PairingConfig& config, FieldList& fields);

// As google-research/bert draws them, draw for draw.
PairingConfig with_google_defects(PairingConfig config);

// Where a chunk begins.
struct ChunkStart {
  std::int64_t document = 0;
  std::int64_t sentence = 0;  // Counted from the document's first.
  bool operator==(const ChunkStart&) const = default;
};

// Sentence `sentence` of a document, or the next document's first where there is none.
inline ChunkStart chunk_start(const SentenceIndex& index, std::int64_t document, std::int64_t sentence) {
  return sentence < index.document(document).size() ? ChunkStart{document, sentence} : ChunkStart{document + 1, 0};
}

// The generator of the chunk that begins there, whatever was drawn for others.
inline CounterRandom chunk_random(const CounterRandom& epoch_random, ChunkStart start) {
  return epoch_random.fork(RandomPurpose::kPairing, static_cast<std::uint64_t>(start.document))
      .fork(RandomPurpose::kPairing, static_cast<std::uint64_t>(start.sentence));
}

struct ChunkStep {
  ChunkStart next;          // Where the chunk after this one begins; {num_documents, 0} after the last.
  bool has_example = true;  // False where no pair can be made: the only sentence of a dataset.
};

// Thread-safe: all calls are const. `epoch_random` is the generator of (seed, epoch).
class Pairing {
 public:
  virtual ~Pairing() = default;
  // Whether a chunk may go on in the next document. Then the plan cannot walk blocks of documents side by side.
  virtual bool crosses_documents() const { return false; }
  virtual ChunkStep step(const SentenceIndex& index, ChunkStart start, const CounterRandom& epoch_random) const = 0;
  // REQUIRES: step() says that the chunk has an example.
  virtual SentencePair make(const SentenceIndex& index, ChunkStart start, const CounterRandom& epoch_random) const = 0;
};

// A way to pair.
struct PairingEntry {
  std::string_view name, help;
  std::unique_ptr<Pairing> (*make)(const PairingConfig& config);
  std::string_view label_1 = "random next";  // What label 1 says of B; "": its examples have no label.

  bool has_labels() const { return !label_1.empty(); }
};

// The table of pairings: "nsp", "sop", "d2l", "none".
std::span<const PairingEntry> pairings();

// The row of that name. Error(kUsage) that lists the names where there is none.
const PairingEntry& find_pairing(std::string_view name);

// The pairing that the config names; validates it.
std::unique_ptr<Pairing> make_pairing(const PairingConfig& config);

}  // namespace bertforge
