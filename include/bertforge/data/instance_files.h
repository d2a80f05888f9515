#pragma once
// Instances written out for other trainers and for eyes.
//
// Fed by static_instances.h; eaten by google-research/bert's run_pretraining and NVIDIA's TensorFlow scripts (TFRecord), and by whoever
// reads JSON. Source of the names: google-research/bert, create_pretraining_data.py, write_instance_to_example_files.
// A new format is a function and a line in the table of instance_files.cpp. Formats: docs/file_formats.md.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "bertforge/data/static_instances.h"

namespace bertforge {

struct InstanceFormat {
  std::string_view name, help;
  // Appends one instance. REQUIRES: it fits config's max_seq_length and max_predictions_per_seq.
  void (*append)(std::string& file, const Example& instance, const StaticConfig& config);
};

// The table of formats: "jsonl", "tfrecord".
std::span<const InstanceFormat> instance_formats();

// By the file's name: *.tfrecord and *.tf_record are TFRecord, all others JSONL.
const InstanceFormat& instance_format_of(std::string_view file_name);

}  // namespace bertforge
