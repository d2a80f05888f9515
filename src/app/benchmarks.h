#pragma once
// What `bertforge benchmark` can measure, each a function in a file of its own.

#include <chrono>

#include "bertforge/app/program.h"

namespace bertforge {

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

int benchmark_build(const Arguments& arguments);
int benchmark_tokenize(const Arguments& arguments);
int benchmark_train(const Arguments& arguments);  // Not in a build without LibTorch.

}  // namespace bertforge
