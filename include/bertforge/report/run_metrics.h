#pragma once
// The figures of a run, read from its metrics.jsonl.
//
// Fed by what train/'s metrics observer wrote (docs/file_formats.md); read by run_report.h and comparison.h. The file is
// anyone's: nothing of it is believed before it is checked.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace bertforge {

// Masked-LM accuracy of the pieces of some ranks in the training text, the most frequent first.
struct BandAccuracy {
  std::int64_t first_rank = 0, last_rank = 0, count = 0;
  double accuracy = 0;
};

// One line.
struct MetricPoint {
  std::int64_t step = 0, tokens = 0;  // So far
  double seconds = 0;
  std::map<std::string, double> values;  // "learning_rate", "masked_lm/loss", ...; what was not finite is missing.
  std::vector<BandAccuracy> frequency_bands;

  std::optional<double> find(const std::string& name) const;
};

struct RunMetrics {
  std::vector<MetricPoint> train, evaluations;  // As they stand in the file: by step.

  // The one of most steps; nullptr where there is none.
  const MetricPoint* last() const;
  // The value in the last evaluation that has it.
  std::optional<double> last_held_out(const std::string& name) const;
  // The first parts of names as "masked_lm/loss", over all points.
  std::vector<std::string> objectives() const;
};

// Of a run folder. A last line that a crash cut short is passed over. Error(kUsage): there is no such folder, or no
// metrics.jsonl in it; Error(kInput), with FILE:LINE: a line that is no JSON, or a value of the wrong type.
RunMetrics read_run_metrics(const std::filesystem::path& folder);

}  // namespace bertforge
