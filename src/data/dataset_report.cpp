#include "bertforge/data/dataset_report.h"

#include <algorithm>
#include <bit>

#include "bertforge/base/error.h"

namespace bertforge {

namespace {

constexpr std::int64_t kMaxExamplesSeen = 20000;

void measure_text(const TokenStore& store, DatasetReport& report) {
  const SentenceIndex& index = store.index();
  for (std::int64_t sentence = 0; sentence < index.num_sentences(); ++sentence) {
    report.sentence_tokens.add(index.num_tokens(sentence));
  }
  for (std::int64_t document = 0; document < index.num_documents(); ++document) {
    report.document_sentences.add(index.document(document).size());
    report.document_tokens.add(index.tokens(index.document(document)).size());
  }
  const DatasetCounts& counts = report.meta.counts;
  report.unknown_share =
      counts.tokens == 0 ? 0.0 : static_cast<double>(counts.unknown_tokens) / static_cast<double>(counts.tokens);
}

void measure_examples(const ExampleMaker& maker, const EpochPlan& plan, DatasetReport& report) {
  report.num_examples = plan.num_examples();
  report.num_examples_seen = std::min(plan.num_examples(), kMaxExamplesSeen);
  std::int64_t num_random_next = 0, num_masked = 0;
  for (std::int64_t position = 0; position < report.num_examples_seen; ++position) {
    const Example example = maker.make(plan, position);
    num_random_next += example.is_random_next;
    num_masked += std::ssize(example.masked_positions);
    report.example_tokens.add(std::ssize(example.ids));
  }
  report.random_next_share = static_cast<double>(num_random_next) / static_cast<double>(report.num_examples_seen);
  report.masked_share = static_cast<double>(num_masked) / static_cast<double>(report.example_tokens.sum);
}

std::string percent(double share) {
  const auto tenths = static_cast<std::int64_t>(share * 1000 + 0.5);
  return concat(tenths / 10, ".", tenths % 10, " %");
}

void warn_of_labels(DatasetReport& report) {
  if (report.meta.counts.documents == 1) {
    report.warnings.push_back(
        "there is one document: a random B can only come from A's own document. Put a blank line between documents.");
  } else if (report.document_sentences.max == 1) {
    report.warnings.push_back(
        "every document has one sentence: all NSP labels would be 1 (B is random). Write one sentence a line, and "
        "blank "
        "lines only between documents.");
  } else if (report.random_next_share > 0.7) {
    report.warnings.push_back(
        concat(percent(report.random_next_share),
               " of the examples have label 1 (B is random): most chunks have one sentence. Split the "
               "text into shorter sentences, or raise max_seq_length."));
  }
}

void warn_of_documents(DatasetReport& report) {
  if (report.label_1 == "random next") warn_of_labels(report);
  if (report.label_1 == "swapped" && report.document_sentences.max == 1) {
    report.warnings.push_back(
        "every document has one sentence: no two of them have an order. Write one sentence a line, and blank lines "
        "only between documents.");
  }
  const DatasetCounts& counts = report.meta.counts;
  if (counts.dropped_documents > counts.documents) {
    report.warnings.push_back(concat(counts.dropped_documents, " documents without text were dropped, against ",
                                     counts.documents, " kept. Is this the right --format?"));
  }
}

void warn_of_duplicates(DatasetReport& report) {
  const DatasetCounts& counts = report.meta.counts;
  if (report.meta.drop_duplicates || counts.duplicate_documents * 20 <= counts.documents) return;
  report.warnings.push_back(
      concat(counts.duplicate_documents,
             " documents of the corpus are equal to an earlier one: what is said often is learned by "
             "heart. `build --drop-duplicates` keeps the first of them."));
}

void warn_of_literals(DatasetReport& report) {
  if (report.meta.counts.literal_special_tokens == 0) return;
  report.warnings.push_back(
      concat("the text spells special tokens out (places: ", report.meta.counts.literal_special_tokens,
             "), such as [MASK] or [SEP]: they were read as text, piece by piece. If another program put them there, "
             "build the "
             "dataset from the text without them."));
}

void warn_of_encoding(DatasetReport& report) {
  if (report.meta.counts.invalid_utf8 == 0) return;
  report.warnings.push_back(
      concat("the corpus had bytes that are no UTF-8 (places: ", report.meta.counts.invalid_utf8,
             "); each was read as U+FFFD. If it is in another encoding, convert it (iconv -f latin1 -t UTF-8 FILE) and "
             "build the dataset again."));
}

// A vocabulary of pieces that was learned from the text has one for nearly every word. WikiText writes `<unk>` itself,
// for 2.6 % of the words of WikiText-2, whatever the vocabulary.
void warn_of_unknown_tokens(DatasetReport& report) {
  const bool has_its_own = report.meta.format == "wikitext" && !report.meta.keep_unk;
  if (report.unknown_share <= (has_its_own ? 0.05 : 0.01)) return;
  report.warnings.push_back(concat(percent(report.unknown_share),
                                   " of the tokens are [UNK]: the vocabulary does not fit this text, or the text has "
                                   "`<unk>` itself. Learn a vocabulary from it with `bertforge vocab`."));
}

void warn_of_tokens(const Tokenizer& tokenizer, const LoaderConfig& config, DatasetReport& report) {
  warn_of_unknown_tokens(report);
  if (report.meta.counts.tokens < 20 * report.meta.vocabulary_size) {
    report.warnings.push_back(
        concat("a vocabulary of ", report.meta.vocabulary_size, " for ", report.meta.counts.tokens,
               " tokens: most entries are hardly ever seen. Take a smaller vocabulary or more text."));
  }
  if (report.sentence_tokens.mean() > static_cast<double>(config.pairing.max_num_tokens())) {
    report.warnings.push_back(concat("a sentence has ", static_cast<std::int64_t>(report.sentence_tokens.mean()),
                                     " tokens on average, more than a sequence holds (",
                                     config.pairing.max_num_tokens(),
                                     "): what exceeds it is cut off. Split the text into sentences."));
  }
  if (tokenizer.special_tokens().unknown < 0) {
    report.warnings.push_back("the vocabulary has no [UNK]. Learn one with `bertforge vocab`.");
  }
}

}  // namespace

void Histogram::add(std::int64_t count) {
  BERTFORGE_CHECK(count >= 1);
  const auto bin = static_cast<std::size_t>(std::bit_width(static_cast<std::uint64_t>(count)) - 1);
  if (bins.size() <= bin) bins.resize(bin + 1);
  ++bins[bin];
  min = num == 0 ? count : std::min(min, count);
  max = std::max(max, count);
  sum += count;
  ++num;
}

DatasetReport inspect_dataset(const TokenStore& store, const Tokenizer& tokenizer, const LoaderConfig& config) {
  config.validate();
  DatasetReport report;
  report.meta = store.meta();
  report.label_1 = find_pairing(config.pairing.pairing).label_1;
  measure_text(store, report);
  if (store.index().num_sentences() > 1) {
    const ExampleMaker maker(store, tokenizer, config.pairing, config.masking);
    measure_examples(maker, maker.plan(CounterRandom(config.seed), /*epoch=*/0, static_cast<int>(config.num_threads)),
                     report);
  } else {
    report.warnings.push_back(store.index().num_sentences() == 0
                                  ? "there is no sentence: the part of a corpus without a document."
                                  : "there is one sentence: no pair can be made of it. Add text.");
  }
  warn_of_documents(report);
  warn_of_duplicates(report);
  warn_of_literals(report);
  warn_of_encoding(report);
  warn_of_tokens(tokenizer, config, report);
  return report;
}

std::string describe_example(const Example& example, const Tokenizer& tokenizer, std::string_view label_1) {
  std::string text;
  if (!label_1.empty()) {
    text = example.is_random_next ? label_1 : "next";
    text += std::string(std::max(label_1.size(), text.size()) - text.size(), ' ') + " |";
  }
  std::size_t target = 0;
  for (std::size_t position = 0; position < example.ids.size(); ++position) {
    const std::string& shown = tokenizer.piece(example.ids[position]);
    const bool is_target = target < example.masked_positions.size() &&
                           example.masked_positions[target] == static_cast<std::int32_t>(position);
    if (!text.empty()) text += ' ';
    text += is_target ? concat("{", tokenizer.piece(example.masked_labels[target++]), " -> ", shown, "}") : shown;
  }
  return text;
}

std::vector<std::string> describe_examples(const TokenStore& store, const Tokenizer& tokenizer,
                                           const LoaderConfig& config, std::int64_t num_examples) {
  config.validate();
  if (num_examples == 0) return {};  // A dataset that gives none can still be looked at.
  const ExampleMaker maker(store, tokenizer, config.pairing, config.masking);
  const EpochPlan plan = maker.plan(CounterRandom(config.seed), /*epoch=*/0, static_cast<int>(config.num_threads));
  const std::string_view label_1 = find_pairing(config.pairing.pairing).label_1;
  std::vector<std::string> lines;
  for (std::int64_t position = 0; position < std::min(num_examples, plan.num_examples()); ++position) {
    lines.push_back(describe_example(maker.make(plan, position), tokenizer, label_1));
  }
  return lines;
}

}  // namespace bertforge
