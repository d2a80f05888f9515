#include "sampled_corpus.h"

#include "bertforge/base/random.h"

namespace bertforge {

bool SampledCorpus::next(Document& document) {
  constexpr CounterRandom kRandom(0);
  while (corpus_.next(document)) {
    std::erase_if(document.sentences, [&](const std::string&) {
      return kRandom.fork(RandomPurpose::kVocabularySample, num_sentences_++).unit() >= share_;
    });
    if (!document.sentences.empty()) return true;
  }
  return false;
}

}  // namespace bertforge
