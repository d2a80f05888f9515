#include "support/error_matchers.h"

namespace bertforge {
namespace {

TEST(Error, CarriesTheExitCodeAsItsKind) {
  EXPECT_ERROR(fail(ErrorKind::kInput, "line ", 3, " is empty"), ErrorKind::kInput, "line 3 is empty");
}

TEST(Error, KindsAreTheDocumentedExitCodes) {
  EXPECT_EQ(static_cast<int>(ErrorKind::kInternal), 1);
  EXPECT_EQ(static_cast<int>(ErrorKind::kUsage), 2);
  EXPECT_EQ(static_cast<int>(ErrorKind::kInput), 3);
  EXPECT_EQ(static_cast<int>(ErrorKind::kDiverged), 4);
  EXPECT_EQ(static_cast<int>(ErrorKind::kEnvironment), 5);
}

TEST(Check, PassesOnWhatHolds) { EXPECT_NO_THROW(BERTFORGE_CHECK(1 + 1 == 2, "never said")); }

TEST(Check, NamesFileConditionAndMessage) {
  EXPECT_ERROR(BERTFORGE_CHECK(1 > 2, "one is ", 1), ErrorKind::kInternal, "error_test.cpp:");
  EXPECT_ERROR(BERTFORGE_CHECK(1 > 2, "one is ", 1), ErrorKind::kInternal, ": 1 > 2: one is 1");
}

TEST(Check, NeedsNoMessage) { EXPECT_ERROR(BERTFORGE_CHECK(1 > 2), ErrorKind::kInternal, "internal error: "); }

}  // namespace
}  // namespace bertforge
