#pragma once
// The runs of a sweep: every overlay with every combination of a grid, each in a folder of its own.
//
// Fed by a sweep file (docs/sweeps.md); eaten by sweep_command.cpp.

#include <filesystem>
#include <string>
#include <vector>

#include "bertforge/app/config_layers.h"

namespace bertforge {

struct SweepConfig {
  std::vector<std::string> config = {};    // Config files under all runs.
  std::vector<std::string> overlays = {};  // One run each; empty: none over the config files.
  std::vector<std::string> grid = {};      // "optimizer.learning_rate = 1e-4, 5e-4"
  std::string output = {};                 // The folder of the runs' folders.
};

struct SweepRun {
  std::string name;  // Of its folder: "whole_word_learning_rate=1e-4"
  std::vector<std::string> config_files;
  std::vector<Override> settings;
};

// Error(kUsage): FILE:LINE and what is wrong there.
SweepConfig read_sweep_file(const std::filesystem::path& file);

// In the order of overlays and values, the last line of the grid changing fastest. Every run's settings are checked here, so
// that none fails after hours for a name. Error(kUsage) names the run.
std::vector<SweepRun> plan_sweep(const SweepConfig& sweep);

}  // namespace bertforge
