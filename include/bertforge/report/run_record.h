#pragma once
// What is known of a run: its figures, what it predicted, its settings and the sessions that trained it.
//
// Fed by a run folder (checkpoint/paths.h); read by run_report.h and comparison.h. Settings and facts are shown, not
// understood, so they stay text: those of another version are as good.

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "bertforge/report/run_metrics.h"
#include "bertforge/report/run_predictions.h"

namespace bertforge {

struct RunSetting {
  std::string section, key;
  std::string value;  // As TOML has it.

  std::string path() const { return section.empty() ? key : section + "." + key; }
  bool operator==(const RunSetting&) const = default;
};

// {"CPU", "AMD EPYC"}, {"command", ...}, by name.
using RunSession = std::vector<std::pair<std::string, std::string>>;
std::string session_fact(const RunSession& session, const std::string& name);  // "" where there is none.

// What a comparison shows of it.
struct RunRecord {
  std::string name;  // That of the folder.
  std::filesystem::path folder;
  RunMetrics metrics;
  std::vector<RunSetting> settings;  // Empty without config.toml.
};

// What its own page shows besides.
struct FullRunRecord : RunRecord {
  std::vector<RunSession> sessions;          // Empty without run.json.
  std::vector<PredictionPoint> predictions;  // Empty without predictions.jsonl.
};

// Errors: those of read_run_metrics.
RunRecord read_run(const std::filesystem::path& folder);
// Errors: those, those of read_run_predictions, and Error(kInput) for a run.json that is none.
FullRunRecord read_full_run(const std::filesystem::path& folder);

// The settings of a config.toml as the program writes it: a section or `key = value` a line. Of anything else, a line belongs
// to the value above it.
std::vector<RunSetting> parse_run_settings(const std::string& text);

}  // namespace bertforge
