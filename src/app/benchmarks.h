#pragma once
// What `bertforge benchmark` can measure, each a function in a file of its own.

#include <algorithm>
#include <chrono>
#include <vector>

#include "bertforge/app/program.h"

namespace bertforge {

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// REQUIRES: not empty.
inline double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

int benchmark_build(const Arguments& arguments);
int benchmark_tokenize(const Arguments& arguments);
int benchmark_train(const Arguments& arguments);  // Not in a build without LibTorch.

}  // namespace bertforge
