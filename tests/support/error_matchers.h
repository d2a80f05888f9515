#pragma once
// Expectations about bertforge::Error.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bertforge/base/error.h"

// The statement throws an Error of this kind, and its message has `substring` in it.
#define EXPECT_ERROR(statement, expected_kind, substring)                               \
  do {                                                                                  \
    try {                                                                               \
      statement;                                                                        \
      ADD_FAILURE() << #statement " throws nothing";                                    \
    } catch (const ::bertforge::Error& error) {                                         \
      EXPECT_EQ(static_cast<int>(error.kind()), static_cast<int>(expected_kind));       \
      EXPECT_THAT(std::string(error.what()), ::testing::HasSubstr(substring));          \
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << "one line"; \
    }                                                                                   \
  } while (false)
