#include "bertforge/data/pairing.h"

#include "bertforge/base/error.h"
#include "pairings.h"

namespace bertforge {

namespace {

constexpr PairingEntry kPairings[] = {
    {"nsp", "B follows A or is random, half and half (Devlin et al. 2019)", make_nsp_pairing},
    {"sop", "B follows A, or the two are swapped, half and half (ALBERT; Lan et al. 2020)", make_sop_pairing,
     "swapped"},
    {"d2l", "as nsp of two single sentences; pairs that are too long are left out (Dive into Deep Learning)",
     make_d2l_pairing},
    {"none", "no pairs: whole sentences up to the length, across documents (RoBERTa; Liu et al. 2019)",
     make_packed_pairing, /*label_1=*/""},
};

std::vector<std::string> pairing_names() {
  std::vector<std::string> names;
  for (const PairingEntry& entry : kPairings) names.emplace_back(entry.name);
  return names;
}

}  // namespace

std::span<const PairingEntry> pairings() { return kPairings; }

const PairingEntry& find_pairing(std::string_view name) {
  for (const PairingEntry& entry : kPairings) {
    if (entry.name == name) return entry;
  }
  fail(ErrorKind::kUsage, "there is no pairing \"", name, "\"; ", allowed_names(name, pairing_names()));
}

std::unique_ptr<Pairing> make_pairing(const PairingConfig& config) {
  config.validate();
  return find_pairing(config.pairing).make(config);
}

PairingConfig with_google_defects(PairingConfig config) {
  config.short_seq_per_document = true;
  config.random_next_from_same_document = true;
  return config;
}

void visit_fields(PairingConfig& config, FieldList& fields) {
  fields.add("pairing", config.pairing, "How sentences become sequences.", pairing_names());
  fields.add("max_seq_length", config.max_seq_length, "Tokens of a sequence, [CLS] and two [SEP] included.",
             {5, 1 << 20});
  fields.add("short_seq_prob", config.short_seq_prob,
             "Share of sequences that aim at a random shorter length (not d2l).", {0.0, 1.0});
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
  if (short_seq_per_document && pairing != "nsp") {
    fail(ErrorKind::kUsage, "short_seq_per_document has no effect on the pairing ", pairing, "; nsp alone draws so");
  }
  if (random_next_from_same_document && pairing != "nsp" && pairing != "d2l") {
    fail(ErrorKind::kUsage, "random_next_from_same_document has no effect on the pairing ", pairing,
         ", which draws no random next");
  }
}

}  // namespace bertforge
