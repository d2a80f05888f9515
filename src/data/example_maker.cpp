#include "bertforge/data/example_maker.h"

namespace bertforge {

namespace {

// The tokens of A, with a [SEP] where another document begins.
void append_first(const TokenStore& store, const SentencePair& pair, TokenId sep, std::vector<TokenId>& ids) {
  std::int64_t begin = pair.a.begin;
  for (const std::int64_t end : pair.document_ends) {
    store.append({begin, end}, ids);
    ids.push_back(sep);
    begin = end;
  }
  store.append({begin, pair.a.end}, ids);
}

}  // namespace

std::int64_t num_tokens(const SentencePair& pair) {
  const std::int64_t of_first = pair.a.size() + std::ssize(pair.document_ends) + 2;
  return of_first + (pair.b.size() > 0 ? pair.b.size() + 1 : 0);
}

Example assemble(const TokenStore& store, const SentencePair& pair, const SpecialTokens& specials) {
  Example example;
  example.is_random_next = pair.is_random_next;
  example.ids.reserve(static_cast<std::size_t>(num_tokens(pair)));
  example.ids.push_back(specials.cls);
  append_first(store, pair, specials.sep, example.ids);
  example.ids.push_back(specials.sep);
  example.segment_boundary = static_cast<std::int32_t>(example.ids.size());
  if (pair.b.size() == 0) return example;
  store.append(pair.b, example.ids);
  example.ids.push_back(specials.sep);
  return example;
}

ExampleMaker::ExampleMaker(const TokenStore& store, const Tokenizer& tokenizer, const PairingConfig& pairing,
                           const MaskingConfig& masking)
    : store_(store),
      specials_(tokenizer.special_tokens()),
      pairing_(make_pairing(pairing)),
      masking_(make_masking(masking, tokenizer)) {
  store.require_tokenizer(tokenizer);
}

Example ExampleMaker::make(const EpochPlan& plan, ChunkStart start) const {
  Example example = assemble(store_, plan.pair(start), specials_);
  CounterRandom random = plan.masking_random(start);
  masking_->mask(example, random);
  return example;
}

}  // namespace bertforge
