#include "bertforge/base/byte_size.h"

#include "support/error_matchers.h"

namespace bertforge {
namespace {

TEST(ByteSize, ReadsEveryUnit) {
  EXPECT_EQ(parse_byte_size("17B"), 17);
  EXPECT_EQ(parse_byte_size("3 kB"), 3000);
  EXPECT_EQ(parse_byte_size("512MB"), 512'000'000);
  EXPECT_EQ(parse_byte_size("2 GB"), 2'000'000'000);
  EXPECT_EQ(parse_byte_size("1.5 GiB"), 1'610'612'736);
  EXPECT_EQ(parse_byte_size("1TiB"), std::int64_t{1} << 40);
}

TEST(ByteSize, RefusesWhatHasNoUnitOrNoPositiveNumber) {
  for (const char* text : {"", "2", "GB", "2 gigabytes", "-1 GB", "0 MB", "nan GB", "inf B", "1e30 GB", "1 2 GB"}) {
    EXPECT_ERROR(parse_byte_size(text), ErrorKind::kUsage, "is not an amount of memory");
  }
}

}  // namespace
}  // namespace bertforge
