#include "bertforge/text/tokenizer.h"

#include <algorithm>

#include "bertforge/base/error.h"
#include "bertforge/base/parallel.h"
#include "require_id.h"

namespace bertforge {

void require_id(const Tokenizer& tokenizer, TokenId id) {
  if (id >= 0 && id < tokenizer.vocabulary_size()) return;
  fail(ErrorKind::kInput, "id ", id, " is outside the vocabulary; 0 to ", tokenizer.vocabulary_size() - 1,
       " are expected");
}

// A text at a time, for tokenizers that have nothing better.
void Tokenizer::encode_batch(std::span<const std::string_view> texts, int num_threads, TokenBatch& batch,
                             SpecialTokensInText specials) const {
  const std::size_t num_runs = std::min(texts.size(), static_cast<std::size_t>(resolve_num_threads(num_threads)));
  std::vector<TokenBatch::Run> runs;
  for (std::size_t i = 0; i < num_runs; ++i) {
    const std::size_t first = texts.size() * i / num_runs, end = texts.size() * (i + 1) / num_runs;
    runs.push_back({.first_text = first, .num_texts = end - first, .buffer = i});
  }
  batch.reset(texts.size(), num_runs, std::move(runs));
  parallel_for(num_runs, static_cast<int>(num_runs), [&](std::size_t i) {
    const TokenBatch::Run& run = batch.runs()[i];
    std::size_t* next_end = batch.ends(run);
    std::vector<TokenId> ids;
    for (const std::string_view text : texts.subspan(run.first_text, run.num_texts)) {
      ids.clear();
      encode(text, ids, specials);
      batch.buffer(i).append(ids);
      *next_end++ = batch.buffer(i).size();
    }
  });
}

}  // namespace bertforge
