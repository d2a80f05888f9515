#include "bertforge/data/instance_files.h"

#include <nlohmann/json.hpp>

#include "bertforge/base/error.h"
#include "bertforge/formats/json.h"
#include "bertforge/formats/tfrecord.h"

namespace bertforge {

namespace {

// 0 before the boundary, 1 from there on.
std::vector<std::int64_t> segment_ids(const Example& instance) {
  std::vector<std::int64_t> ids(instance.ids.size(), 1);
  std::fill_n(ids.begin(), instance.segment_boundary, 0);
  return ids;
}

void append_json_line(std::string& file, const Example& instance, const StaticConfig&) {
  const nlohmann::ordered_json json = {{"ids", instance.ids},
                                       {"segment_ids", segment_ids(instance)},
                                       {"is_random_next", instance.is_random_next},
                                       {"masked_positions", instance.masked_positions},
                                       {"masked_labels", instance.masked_labels}};
  file += dump_ordered_json_line(json) + "\n";
}

// With zeros up to `size`.
template <class Values>
std::vector<std::int64_t> padded(const Values& values, std::int64_t size) {
  BERTFORGE_CHECK(std::ssize(values) <= size, values.size(), " values of ", size);
  std::vector<std::int64_t> result(values.begin(), values.end());
  result.resize(static_cast<std::size_t>(size));
  return result;
}

void append_record(std::string& file, const Example& instance, const StaticConfig& config) {
  const std::int64_t length = config.pairing.max_seq_length, num_predictions = config.masking.max_predictions_per_seq;
  std::vector<float> weights(static_cast<std::size_t>(num_predictions));
  std::fill_n(weights.begin(), instance.masked_positions.size(), 1.0F);
  TensorFlowExample example;
  example.add("input_ids", padded(instance.ids, length));
  example.add("input_mask", padded(std::vector<std::int64_t>(instance.ids.size(), 1), length));
  example.add("segment_ids", padded(segment_ids(instance), length));
  example.add("masked_lm_positions", padded(instance.masked_positions, num_predictions));
  example.add("masked_lm_ids", padded(instance.masked_labels, num_predictions));
  example.add("masked_lm_weights", weights);
  example.add("next_sentence_labels", std::vector<std::int64_t>{instance.is_random_next});
  append_tfrecord(file, example.serialize());
}

constexpr InstanceFormat kFormats[] = {
    {"jsonl", "a JSON object a line", {".jsonl", ".json", ".ndjson"}, append_json_line},
    {"tfrecord",
     "tf.train.Example with google-research/bert's names",
     {".tfrecord", ".tfrecords", ".tf_record"},
     append_record},
};

}  // namespace

const InstanceFormat& instance_format_of(std::string_view file_name) {
  for (const InstanceFormat& format : kFormats) {
    for (const std::string_view suffix : format.suffixes) {
      if (file_name.ends_with(suffix)) return format;
    }
  }
  return kFormats[0];
}

}  // namespace bertforge
