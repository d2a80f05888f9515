#include "bertforge/text/sentence_encoder.h"

#include "bertforge/text/corpus_reader.h"

namespace bertforge {

void SentenceEncoder::encode(std::span<const std::string> sentences, std::vector<TokenId>& ids,
                             std::vector<std::int64_t>& lengths) {
  parts_.clear();
  part_begins_.assign(1, 0);
  for (const std::string& sentence : sentences) {
    for_each_part_between(
        sentence, marker_, [&](std::string_view part) { parts_.push_back(part); }, [] {});
    part_begins_.push_back(parts_.size());
  }
  tokenizer_.encode_batch(parts_, /*num_threads=*/1, batch_);

  ids.clear();
  lengths.clear();
  ids.reserve(batch_.num_tokens() + parts_.size() - sentences.size());
  for (std::size_t sentence = 0; sentence < sentences.size(); ++sentence) {
    const std::size_t num_before = ids.size();
    for (std::size_t part = part_begins_[sentence]; part < part_begins_[sentence + 1]; ++part) {
      if (part > part_begins_[sentence]) ids.push_back(tokenizer_.special_tokens().unknown);
      const std::span<const TokenId> found = batch_[part];
      ids.insert(ids.end(), found.begin(), found.end());
    }
    lengths.push_back(static_cast<std::int64_t>(ids.size() - num_before));
  }
}

}  // namespace bertforge
