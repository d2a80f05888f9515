#include "bertforge/base/cpu.h"

#include <gtest/gtest.h>

namespace bertforge {
namespace {

TEST(Cpu, HasANameAndFeaturesByTheirWholeNames) {
  EXPECT_FALSE(cpu_name().empty());
#if defined(__x86_64__)
  EXPECT_TRUE(cpu_has("sse2"));
#endif
  EXPECT_FALSE(cpu_has("sse9"));
  EXPECT_FALSE(cpu_has("sse2_"));
}

#if defined(__x86_64__)
TEST(Cpu, HasAMaker) { EXPECT_NE(cpu_vendor(), "unknown"); }
#endif

TEST(Cpu, IsAskedForAmxOnceAndGivesOneAnswer) {
  EXPECT_EQ(request_amx(), request_amx());
  if (!cpu_has("amx_tile")) {
    EXPECT_FALSE(request_amx());
  }
}

}  // namespace
}  // namespace bertforge
