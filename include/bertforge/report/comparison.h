#pragma once
// Several runs side by side: as a table of text, as JSON, and as a page with their curves over updates, tokens and time.
//
// Fed by run_record.h; written by `bertforge compare`. docs/reports.md says how it is read.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bertforge/report/run_record.h"

namespace bertforge {

// One run. Losses are those of masked_lm on held-out text, in nats; nothing where it was not measured.
struct ComparisonRow {
  std::string name;
  std::int64_t updates = 0, tokens = 0;
  double minutes = 0;  // Of training
  std::optional<double> tokens_per_second, final_loss, best_loss;
  std::optional<double> below_baseline;          // The final loss, below that of unigrams
  std::optional<double> nsp_balanced_accuracy;   // Final
  std::optional<double> minutes_to_target;       // At the first evaluation that is as good as the target;
  std::optional<std::int64_t> tokens_to_target;  // nothing where none is.
};

// A setting that not all runs have alike; a value a run, "" where it has none.
struct SettingDifference {
  std::string setting;
  std::vector<std::string> values;
};

struct Comparison {
  std::vector<RunRecord> runs;  // Names are told apart: as much of the folders' paths as that takes.
  std::vector<ComparisonRow> rows;
  std::optional<double> target_loss;  // The final loss of the first run
  std::vector<SettingDifference> differences;
  std::vector<std::string> notes;  // What makes the figures hard to compare.
};

// REQUIRES: some runs.
Comparison compare_runs(std::vector<RunRecord> runs);

std::string comparison_text(const Comparison& comparison);
std::string comparison_json(const Comparison& comparison);  // One line, without its end.
std::string comparison_html(const Comparison& comparison);

}  // namespace bertforge
