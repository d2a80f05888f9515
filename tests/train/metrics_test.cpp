#include "bertforge/train/metrics.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <limits>

namespace bertforge {
namespace {

TEST(TermMetrics, TellsClassesApartAndBalancesThem) {
  LossTerm term;
  term.name = "next_sentence";
  term.sum = torch::tensor(2.0f);
  term.count = 4;
  term.predictions = torch::tensor({0L, 0L, 0L, 1L});
  term.labels = torch::tensor({0L, 0L, 1L, 1L});
  term.num_classes = 2;
  TermMetrics metrics, other;
  add_term(metrics, term);
  add_term(other, term);
  merge(metrics, other);
  EXPECT_EQ(metrics.count, 8);
  EXPECT_EQ(metrics.loss(), 0.5);
  EXPECT_EQ(metrics.accuracy(), 0.75);
  EXPECT_EQ(metrics.class_accuracy(0), 1.0);
  EXPECT_EQ(metrics.class_accuracy(1), 0.5);
  EXPECT_EQ(metrics.balanced_accuracy(), 0.75);
}

TEST(TermMetrics, WithoutTargetsIsZeroAndNotNaN) {
  LossTerm term;
  term.sum = torch::tensor(std::numeric_limits<float>::quiet_NaN());
  TermMetrics metrics;
  add_term(metrics, term);
  EXPECT_EQ(metrics.loss(), 0);
  EXPECT_EQ(metrics.accuracy(), 0);
  EXPECT_EQ(metrics.balanced_accuracy(), 0);
}

}  // namespace
}  // namespace bertforge
