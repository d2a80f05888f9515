#pragma once
// Waiting for what other ranks write into the store.

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <torch/csrc/distributed/c10d/Store.hpp>

namespace bertforge {

// How long to wait without a word of it.
inline constexpr std::chrono::seconds kQuiet{3};

// Between two looks at a key: rarer and rarer, for all ranks ask one store.
class Pause {
 public:
  void wait() {
    std::this_thread::sleep_for(length_);
    length_ = std::min(length_ * 2, kLongest);
  }

 private:
  static constexpr std::chrono::milliseconds kLongest{500};
  std::chrono::milliseconds length_{10};
};

// For a while, until `num_ranks` have added 1 to that key.
inline void wait_for_all(c10d::Store& store, const std::string& key, int num_ranks, std::chrono::milliseconds most) {
  const auto deadline = std::chrono::steady_clock::now() + most;
  for (Pause pause; store.add(key, 0) < num_ranks && std::chrono::steady_clock::now() < deadline;) pause.wait();
}

}  // namespace bertforge
