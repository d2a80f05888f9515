#pragma once
// TFRecord, TensorFlow's file of records, and the tf.train.Example that stands in one.
//
// Fed by data/instance_files.h; eaten by TensorFlow. A record is its length (u64), a masked CRC-32C of that, its bytes, and a
// masked CRC-32C of those; all little-endian. Source: tensorflow/core/lib/io/record_writer.h, tensorflow/core/example/example.proto.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace bertforge {

std::uint32_t crc32c(std::string_view bytes);  // Castagnoli's polynomial.

// Appends `record` with its frame to `file`.
void append_tfrecord(std::string& file, std::string_view record);

// The features of an example, by name, in the order they are added.
class TensorFlowExample {
 public:
  void add(std::string_view name, std::span<const std::int64_t> values);
  void add(std::string_view name, std::span<const float> values);
  std::string serialize() const;

 private:
  void add_feature(std::string_view name, std::uint32_t list_number, std::string_view packed);

  std::string features_;  // Entries of the map.
};

}  // namespace bertforge
