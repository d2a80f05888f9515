#include "bertforge/formats/base64.h"

#include <gtest/gtest.h>

namespace bertforge {
namespace {

TEST(Base64, GivesTheVectorsOfRfc4648) {
  EXPECT_EQ(encode_base64(""), "");
  EXPECT_EQ(encode_base64("f"), "Zg==");
  EXPECT_EQ(encode_base64("fo"), "Zm8=");
  EXPECT_EQ(encode_base64("foo"), "Zm9v");
  EXPECT_EQ(encode_base64("foobar"), "Zm9vYmFy");
}

TEST(Base64, TakesBytesThatAreNoText) { EXPECT_EQ(encode_base64(std::string_view("\xFF\x00\xFE\xFB", 4)), "/wD++w=="); }

}  // namespace
}  // namespace bertforge
