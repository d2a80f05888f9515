#pragma once
// Instances written out for other trainers and for eyes.
//
// Fed by static_instances.h; eaten by google-research/bert's run_pretraining and NVIDIA's TensorFlow scripts (TFRecord), and by whoever
// reads JSON. Source of the names: google-research/bert, create_pretraining_data.py, write_instance_to_example_files.
// A new format is a function and a line in the table of instance_files.cpp. Formats: docs/file_formats.md.

#include <array>
#include <string>
#include <string_view>

#include "bertforge/data/static_instances.h"

namespace bertforge {

struct InstanceFormat {
  std::string_view name, help;
  std::array<std::string_view, 3> suffixes;  // Of its files.
  // Appends one instance. REQUIRES: it fits config's max_seq_length and max_predictions_per_seq.
  void (*append)(std::string& file, const Example& instance, const StaticConfig& config);
};

// By the file's name; JSONL where no format has its suffix.
const InstanceFormat& instance_format_of(std::string_view file_name);

}  // namespace bertforge
