#pragma once
// Instances as google-research/bert writes them: all of a corpus, dupe_factor times, shuffled, over any generator.
//
// Fed by token_store.h; for those who want to look at instances, compare them with the reference or use other trainers. All
// lie in memory. With CPython's generator and with_google_defects(...) they are the reference's own, in its order.
// Source: google-research/bert, create_pretraining_data.py, create_training_instances.

#include <cstdint>
#include <numeric>
#include <vector>

#include "bertforge/base/error.h"
#include "bertforge/data/example_maker.h"
#include "bertforge/data/nsp_pairing.h"

namespace bertforge {

struct StaticConfig {
  std::int64_t dupe_factor = 10;  // Times that every document is gone through, with new draws each time.
  PairingConfig pairing;          // nsp
  MaskingConfig masking;          // token or whole_word

  void validate() const {  // Error(kUsage)
    pairing.validate();
    masking.validate();
    if (pairing.pairing != "nsp") {
      fail(ErrorKind::kUsage, "static instances of the pairing \"", pairing.pairing, "\"; it must be nsp");
    }
    if (find_masking(masking.masking).group == nullptr) {
      fail(ErrorKind::kUsage, "static instances of the masking \"", masking.masking,
           "\", which does not choose among groups of pieces; token and whole_word do");
    }
  }
};

// Appends the instances of the document that stands at `place`. The masks of a chunk are drawn before the next chunk is, as
// in the reference.
template <RandomGenerator Generator>
void append_instances(const TokenStore& store, const SentenceIndex& index, std::int64_t place,
                      const SpecialTokens& specials, const MaskingVocabulary& vocabulary,
                      decltype(MaskingEntry::group) group, const StaticConfig& config, Generator& random,
                      std::vector<Example>& instances) {
  visit_nsp_chunks(index, {place, 0}, config.pairing, random, [&](const NspChunk& chunk, auto& chunk_random) {
    if (!chunk.has_example()) return true;
    Example example = assemble(store, draw_nsp_pair(index, chunk, config.pairing, chunk_random), specials);
    auto&& masking_random = chunk_random.fork(RandomPurpose::kMasking, 0);
    mask_groups(example, group(example.ids, vocabulary, config.masking), vocabulary, config.masking, masking_random);
    instances.push_back(std::move(example));
    return true;
  });
}

template <RandomGenerator Generator>
std::vector<Example> make_static_instances(const TokenStore& store, const Tokenizer& tokenizer,
                                           const StaticConfig& config, Generator& random) {
  config.validate();
  const auto group = find_masking(config.masking.masking).group;
  store.require_tokenizer(tokenizer);
  const MaskingVocabulary vocabulary = masking_vocabulary(tokenizer, config.masking);

  std::vector<std::int64_t> order(static_cast<std::size_t>(store.num_documents()));
  std::iota(order.begin(), order.end(), 0);
  shuffle(order, random);
  SentenceIndex index = store.index();
  index.order = order;

  std::vector<Example> instances;
  for (std::int64_t dupe = 0; dupe < config.dupe_factor; ++dupe) {
    auto&& dupe_random = random.fork(RandomPurpose::kPairing, static_cast<std::uint64_t>(dupe));
    for (std::int64_t place = 0; place < index.num_documents(); ++place) {
      auto&& document_random = dupe_random.fork(RandomPurpose::kPairing, static_cast<std::uint64_t>(place));
      append_instances(store, index, place, tokenizer.special_tokens(), vocabulary, group, config, document_random,
                       instances);
    }
  }
  shuffle(instances, random);
  return instances;
}

}  // namespace bertforge
