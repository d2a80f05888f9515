#pragma once
// Pairing: how the sentences of a document become chunks, and a chunk becomes a pair (A, B) with its label.
//
// Fed by sentence_index.h (lengths alone); feeds epoch_plan.h, which counts chunks, and example_maker.h, which makes pairs.
// An example is a function of where its chunk begins and of the epoch's randomness; nothing else is remembered. So a plan may
// count without making pairs, and any example can be made alone.
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

  // What [CLS] and two [SEP] leave for A and B.
  std::int64_t max_num_tokens() const { return max_seq_length - 3; }
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

struct ChunkStep {
  ChunkStart next;          // Where the chunk after this one begins; {num_documents, 0} after the last.
  bool has_example = true;  // False where no pair can be made: the only sentence of a dataset.
};

// Thread-safe: all calls are const. `epoch_random` is the generator of (seed, epoch).
class Pairing {
 public:
  virtual ~Pairing() = default;
  virtual ChunkStep step(const SentenceIndex& index, ChunkStart start, const CounterRandom& epoch_random) const = 0;
  // REQUIRES: step() says that the chunk has an example.
  virtual SentencePair make(const SentenceIndex& index, ChunkStart start, const CounterRandom& epoch_random) const = 0;
};

// A way to pair.
struct PairingEntry {
  std::string_view name, help;
  std::unique_ptr<Pairing> (*make)(const PairingConfig& config);
};

// The table of pairings: "nsp".
std::span<const PairingEntry> pairings();

// The pairing that the config names; validates it.
std::unique_ptr<Pairing> make_pairing(const PairingConfig& config);

}  // namespace bertforge
