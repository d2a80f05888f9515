#pragma once
// Who of a job is still alive: a thread that leaves signs of life in the store and looks for those of the next rank, and one that
// sees to it that a loss ends this process.
//
// Each rank watches the one after it, so that the work of a rank does not grow with their number; who finds one lost writes it
// down for all. A rank that ends with an error says so itself. Being found lost takes kLostAfter and a little. The store's calls have
// no limit of time: where its process stands still they never return, so the second thread never calls it.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <torch/csrc/distributed/c10d/Store.hpp>
#include <vector>

namespace bertforge {

inline constexpr std::chrono::seconds kLostAfter{10};
// How long a process that knows of a loss may take to end by itself: what it waits for (a device, the store) may never come.
inline constexpr std::chrono::seconds kToEnd{12};
// How long a rank that ends waits for the others to hear why: the store may be in its process.
inline constexpr std::chrono::milliseconds kToBeHeard{3000};

class Watch {
 public:
  // `store` is its own connection; `names` of all ranks, for messages: "rank 2 (node7, process 4711)".
  Watch(c10::intrusive_ptr<c10d::Store> store, int rank, std::vector<std::string> names);
  ~Watch();  // A sign for the watcher that this rank needs none any more.
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // Which rank is lost and how; nothing while all are well.
  std::optional<std::string> loss() const;
  // The same, waiting for it: for who knows already that something is wrong.
  std::optional<std::string> wait_for_loss(std::chrono::milliseconds most);

  // Makes this rank's own end known to the others as a loss, and waits a moment for them to hear it.
  void say_failure(const std::string& what);

  // The calls that this rank has made: those of a rank that hangs fall behind.
  void note_call() { ++num_calls_; }
  std::int64_t num_calls() const { return num_calls_; }

 private:
  using Clock = std::chrono::steady_clock;

  void work();
  void guard();
  void beat();
  void look();
  void note_loss(const std::string& what);

  const c10::intrusive_ptr<c10d::Store> store_;
  const int rank_, next_;
  const std::vector<std::string> names_;
  std::atomic<std::int64_t> num_calls_ = 0;
  std::atomic<bool> says_failure_ = false;
  std::int64_t num_beats_ = 0;
  std::string last_sign_;  // Of the next rank
  Clock::time_point last_change_;

  mutable std::mutex mutex_;  // Of everything below
  std::condition_variable changed_;
  std::optional<std::string> loss_;
  Clock::time_point last_round_ = Clock::now();  // When the store answered last
  bool stops_ = false, guard_stops_ = false;
  std::thread worker_, guard_;
};

// The store's keys that signs of life have: "<beats> <calls>", and at the end "done".
std::string sign_key(int rank);

}  // namespace bertforge
