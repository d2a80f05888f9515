#include "bertforge/data/pairing.h"

#include "bertforge/base/error.h"
#include "pairings.h"

namespace bertforge {

namespace {

constexpr PairingEntry kPairings[] = {
    {"nsp", "B follows A or is random, half and half (Devlin et al. 2019)", make_nsp_pairing},
};

}  // namespace

std::span<const PairingEntry> pairings() { return kPairings; }

std::unique_ptr<Pairing> make_pairing(const PairingConfig& config) {
  config.validate();
  for (const PairingEntry& entry : pairings()) {
    if (entry.name == config.pairing) return entry.make(config);
  }
  fail(ErrorKind::kInternal, "validate() let the pairing '", config.pairing, "' pass");
}

PairingConfig with_google_defects(PairingConfig config) {
  config.short_seq_per_document = true;
  config.random_next_from_same_document = true;
  return config;
}

void visit_fields(PairingConfig& config, FieldList& fields) {
  std::vector<std::string> names;
  for (const PairingEntry& entry : pairings()) names.emplace_back(entry.name);
  fields.add("pairing", config.pairing, "How sentences become pairs.", names);
  fields.add("max_seq_length", config.max_seq_length, "Tokens of a sequence, [CLS] and two [SEP] included.",
             {5, 1 << 20});
  fields.add("short_seq_prob", config.short_seq_prob, "Share of sequences that aim at a random shorter length.",
             {0.0, 1.0});
  fields.add("short_seq_per_document", config.short_seq_per_document,
             "Draw the shorter length once a document, as google-research/bert does, instead of once a sequence.");
  fields.add("random_next_from_same_document", config.random_next_from_same_document,
             "Let a random B come from A's own document, even be its continuation, as google-research/bert does.");
}

void PairingConfig::validate() const {
  PairingConfig copy = *this;
  FieldList fields;
  visit_fields(copy, fields);
  for (const Field& field : fields.fields()) check_field(field, "pairing");
}

}  // namespace bertforge
