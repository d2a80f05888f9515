#include "bertforge/formats/tensorboard.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <vector>

#include "bertforge/formats/protobuf.h"
#include "bertforge/formats/tfrecord.h"

namespace bertforge {
namespace {

// The records of a file; lengths are believed, as tfrecord_test holds the frames.
std::vector<std::string> records_of(const std::string& file) {
  std::vector<std::string> records;
  for (std::size_t place = 0; place < file.size();) {
    std::uint64_t size = 0;
    std::memcpy(&size, file.data() + place, sizeof(size));
    records.push_back(file.substr(place + 12, size));
    place += 12 + size + 4;
  }
  return records;
}

std::vector<ProtobufField> fields_of(std::string_view message) {
  static const std::string origin = "event";
  ProtobufReader reader(message, origin);
  std::vector<ProtobufField> fields;
  for (ProtobufField field; reader.next(field);) fields.push_back(field);
  return fields;
}

TEST(TensorBoardEvents, OpenWithTheVersionAndTheStepThatIsForgottenFrom) {
  std::string file;
  append_tensorboard_start(file, 12.5, 40);
  const auto records = records_of(file);
  ASSERT_EQ(records.size(), 2u);
  const auto version = fields_of(records[0]);
  ASSERT_EQ(version.size(), 3u);
  EXPECT_EQ(std::bit_cast<double>(version[0].value), 12.5);
  EXPECT_EQ(version[1].value, 40u);
  EXPECT_EQ(version[2].number, 3u);
  EXPECT_EQ(version[2].bytes, "brain.Event:2");
  const auto start = fields_of(records[1]);
  ASSERT_EQ(start.size(), 3u);
  EXPECT_EQ(start[1].value, 41u);
  EXPECT_EQ(start[2].number, 7u);
  EXPECT_EQ(start[2].bytes, std::string("\x08\x01"));
}

TEST(TensorBoardEvents, HoldTheScalarsOfAStep) {
  std::string file;
  append_tensorboard_scalars(file, 1, 7, std::vector<TensorBoardScalar>{{"train/loss", 2.5}, {"valid/loss", -0.5}});
  const auto records = records_of(file);
  ASSERT_EQ(records.size(), 1u);
  const auto event = fields_of(records[0]);
  ASSERT_EQ(event.size(), 3u);
  EXPECT_EQ(event[1].value, 7u);
  EXPECT_EQ(event[2].number, 5u);
  const auto values = fields_of(event[2].bytes);
  ASSERT_EQ(values.size(), 2u);
  const auto second = fields_of(values[1].bytes);
  EXPECT_EQ(second[0].bytes, "valid/loss");
  EXPECT_EQ(second[1].number, 2u);
  EXPECT_EQ(second[1].as_float(), -0.5f);
}

}  // namespace
}  // namespace bertforge
