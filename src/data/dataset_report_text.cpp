#include <algorithm>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <sstream>

#include "bertforge/data/dataset_report.h"

namespace bertforge {

namespace {

// "  16-31     1234  ########", the longest bar 40 wide; empty bins at the ends are left out.
void draw(std::ostream& out, const std::string& title, const Histogram& histogram) {
  if (histogram.num == 0) return;
  out << title << ": mean " << histogram.mean() << ", from " << histogram.min << " to " << histogram.max << "\n";
  const std::int64_t highest = *std::max_element(histogram.bins.begin(), histogram.bins.end());
  const auto first = std::find_if(histogram.bins.begin(), histogram.bins.end(), [](std::int64_t n) { return n > 0; });
  for (auto bin = first - histogram.bins.begin(); bin < std::ssize(histogram.bins); ++bin) {
    const std::int64_t begin = std::int64_t{1} << bin;
    const std::string range = begin == 1 ? "1" : std::to_string(begin) + "-" + std::to_string(2 * begin - 1);
    const std::int64_t count = histogram.bins[bin];
    out << "  " << std::left << std::setw(15) << range << std::right << std::setw(10) << count << "  "
        << std::string(static_cast<std::size_t>((count * 40 + highest - 1) / highest), '#') << "\n";
  }
}

nlohmann::ordered_json as_json(const Histogram& histogram) {
  nlohmann::ordered_json bins = nlohmann::ordered_json::array();
  for (std::size_t bin = 0; bin < histogram.bins.size(); ++bin) {
    bins.push_back(
        {{"from", std::int64_t{1} << bin}, {"to", (std::int64_t{2} << bin) - 1}, {"count", histogram.bins[bin]}});
  }
  return {{"count", histogram.num}, {"sum", histogram.sum},     {"min", histogram.min},
          {"max", histogram.max},   {"mean", histogram.mean()}, {"bins", bins}};
}

}  // namespace

std::string to_text(const DatasetReport& report) {
  const DatasetCounts& counts = report.meta.counts;
  std::ostringstream out;
  out << std::fixed << std::setprecision(1);
  out << "documents   " << counts.documents << " (" << counts.dropped_documents << " without text dropped, "
      << counts.duplicate_documents << " equal to an earlier one)\n";
  out << "sentences   " << counts.sentences << " (" << counts.dropped_sentences << " without text dropped)\n";
  out << "tokens      " << counts.tokens << " of a vocabulary of " << report.meta.vocabulary_size << ", "
      << report.meta.bytes_per_token << " bytes each\n";
  out << std::setprecision(2);
  out << "[UNK]       " << counts.unknown_tokens << " (" << 100 * report.unknown_share << " % of the tokens)\n";
  out << "not UTF-8   " << counts.invalid_utf8 << " places of the corpus\n";
  out << "literals    " << counts.literal_special_tokens << " special tokens spelled out in the text, read as text\n";
  out << "hash        " << report.meta.content_hash << "\n";
  if (report.num_examples > 0) {
    out << "examples    " << report.num_examples << " an epoch; of " << report.num_examples_seen << " looked at, ";
    if (!report.label_1.empty())
      out << 100 * report.random_next_share << " % have label 1 (" << report.label_1 << "), and ";
    out << 100 * report.masked_share << " % of the tokens are targets\n";
  }
  out << std::setprecision(1);
  draw(out, "\ntokens of a sentence", report.sentence_tokens);
  draw(out, "\nsentences of a document", report.document_sentences);
  draw(out, "\ntokens of a document", report.document_tokens);
  draw(out, "\ntokens of an example", report.example_tokens);
  if (!report.warnings.empty()) out << "\n";
  for (const std::string& warning : report.warnings) out << "warning: " << warning << "\n";
  return std::move(out).str();
}

std::string to_json(const DatasetReport& report) {
  nlohmann::ordered_json json = {
      {"meta", nlohmann::ordered_json::parse(to_json(report.meta))},
      {"unknown_share", report.unknown_share},
      {"sentence_tokens", as_json(report.sentence_tokens)},
      {"document_sentences", as_json(report.document_sentences)},
      {"document_tokens", as_json(report.document_tokens)},
      {"examples_per_epoch", report.num_examples},
      {"examples_seen", report.num_examples_seen},
      {"random_next_share", report.random_next_share},
      {"masked_share", report.masked_share},
      {"example_tokens", as_json(report.example_tokens)},
      {"warnings", report.warnings},
  };
  return json.dump() + "\n";
}

}  // namespace bertforge
