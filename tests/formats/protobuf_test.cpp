#include "bertforge/formats/protobuf.h"

#include <gtest/gtest.h>

#include <bit>

#include <vector>

#include "support/error_matchers.h"

namespace bertforge {
namespace {

using Type = ProtobufField::Type;

const std::string kOrigin = "toy.model";

std::vector<ProtobufField> read_all(std::string_view message) {
  std::vector<ProtobufField> fields;
  ProtobufReader reader(message, kOrigin);
  for (ProtobufField field; reader.next(field);) fields.push_back(field);
  return fields;
}

TEST(Protobuf, ReadsEveryTypeOfField) {
  const std::string message(
      "\x08\x96\x01\x12\x03"
      "abc"
      "\x1D\x00\x00\xC0\xBF"
      "\xA1\x06\x01\x00\x00\x00\x00\x00\x00\x80",
      23);
  const auto fields = read_all(message);
  ASSERT_EQ(fields.size(), 4u);
  EXPECT_EQ(fields[0].number, 1u);
  EXPECT_EQ(fields[0].value, 150u);
  EXPECT_EQ(fields[1].number, 2u);
  EXPECT_EQ(fields[1].bytes, "abc");
  EXPECT_EQ(fields[1].value_offset, 5u);
  EXPECT_EQ(fields[2].type, Type::kFixed32);
  EXPECT_EQ(fields[2].as_float(), -1.5f);
  EXPECT_EQ(fields[2].value_offset, 9u);
  EXPECT_EQ(fields[3].number, 100u);
  EXPECT_EQ(fields[3].value, 0x8000000000000001u);
}

TEST(Protobuf, ReadsAnEmptyMessage) { EXPECT_TRUE(read_all("").empty()); }

TEST(Protobuf, RefusesBytesThatEndInsideAField) {
  EXPECT_ERROR(read_all("\x08\x96"), ErrorKind::kInput, "toy.model: an unfinished number at byte 1");
  EXPECT_ERROR(read_all("\x1D\x01\x02"), ErrorKind::kInput, "an unfinished number");
  EXPECT_ERROR(read_all("\x12\x04"
                        "abc"),
               ErrorKind::kInput, "a field of 4 bytes at byte 0");
}

TEST(Protobuf, RefusesLengthsNearTheEndOfNumbers) {
  EXPECT_ERROR(read_all("\x12\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"), ErrorKind::kInput,
               "a field of 18446744073709551615");
  EXPECT_ERROR(read_all("\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"), ErrorKind::kInput, "more than 64 bits");
}

TEST(Protobuf, RefusesGroupsAndFieldsWithoutNumber) {
  EXPECT_ERROR(read_all("\x0B"), ErrorKind::kInput, "no known type");
  EXPECT_ERROR(read_all(std::string_view("\x00\x01", 2)), ErrorKind::kInput, "no number");
}

TEST(ProtobufWriter, WritesNumbersThatTheReaderReads) {
  std::string message;
  append_varint_field(message, 2, 300);
  append_fixed_field(message, 3, 1.5f);
  append_fixed_field(message, 4, -2.25);
  EXPECT_EQ(message, std::string("\x10\xAC\x02\x1D\0\0\xC0\x3F\x21\0\0\0\0\0\0\x02\xC0", 17));
  const std::string origin = "message";
  ProtobufReader reader(message, origin);
  ProtobufField field;
  ASSERT_TRUE(reader.next(field));
  EXPECT_EQ(field.value, 300u);
  ASSERT_TRUE(reader.next(field));
  EXPECT_EQ(field.as_float(), 1.5f);
  ASSERT_TRUE(reader.next(field));
  EXPECT_EQ(std::bit_cast<double>(field.value), -2.25);
  EXPECT_FALSE(reader.next(field));
}

}  // namespace
}  // namespace bertforge
