#include "bertforge/formats/tfrecord.h"

#include <gtest/gtest.h>

#include <vector>

#include "bertforge/formats/protobuf.h"

namespace bertforge {
namespace {

TEST(Crc32c, OfTheDigitsIsThePublishedOne) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
  EXPECT_EQ(crc32c(""), 0U);
}

TEST(TfRecord, FramesARecordWithItsLengthAndTwoMaskedCrcs) {
  std::string file;
  append_tfrecord(file, "abc");
  append_tfrecord(file, "");
  ASSERT_EQ(file.size(), 8u + 4 + 3 + 4 + 16);
  EXPECT_EQ(file.substr(0, 8), std::string("\3\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(file.substr(12, 3), "abc");
  const std::uint32_t crc = crc32c("abc"), masked = ((crc >> 15) | (crc << 17)) + 0xa282ead8U;
  for (int i = 0; i < 4; ++i) EXPECT_EQ(static_cast<std::uint8_t>(file[15 + i]), (masked >> (8 * i)) & 0xFF);
}

TEST(TensorFlowExample, HoldsItsFeaturesByNameWithPackedNumbers) {
  TensorFlowExample example;
  example.add("ids", std::vector<std::int64_t>{1, 300});
  example.add("w", std::vector<float>{1.0F});
  const std::string expected =
      "\x0a\x1f"
      "\x0a\x0e\x0a\x03ids\x12\x07\x1a\x05\x0a\x03\x01\xac\x02"
      "\x0a\x0d\x0a\x01w\x12\x08\x12\x06\x0a\x04" +
      std::string("\x00\x00\x80\x3f", 4);
  EXPECT_EQ(example.serialize(), expected);
}

TEST(Varint, ReadsBackAsItWasAppended) {
  const std::string origin = "m";
  for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128}, ~std::uint64_t{0}}) {
    std::string message = "\x08";
    append_varint(message, value);
    ProtobufField field;
    ASSERT_TRUE(ProtobufReader(message, origin).next(field));
    EXPECT_EQ(field.value, value);
  }
}

}  // namespace
}  // namespace bertforge
