#include "bertforge/base/parallel.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "bertforge/base/error.h"

namespace bertforge {
namespace {

// The loop over items that all threads share.
class SharedLoop {
 public:
  SharedLoop(std::size_t num_items, const std::function<void(std::size_t)>& body)
      : num_items_(num_items), body_(body) {}

  // Items are handed out in rising order, so those before an item that throws have been started and will be heard.
  void work() {
    while (!stopped_) {
      const std::size_t item = next_++;
      if (item >= num_items_) return;
      try {
        body_(item);
      } catch (...) {
        keep_exception(item);
      }
    }
  }

  void rethrow() const {
    if (exception_) std::rethrow_exception(exception_);
  }

 private:
  void keep_exception(std::size_t item) {
    const std::lock_guard lock(mutex_);
    if (!exception_ || item < exception_item_) {
      exception_ = std::current_exception();
      exception_item_ = item;
    }
    stopped_ = true;
  }

  const std::size_t num_items_;
  const std::function<void(std::size_t)>& body_;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<bool> stopped_ = false;
  std::mutex mutex_;
  std::exception_ptr exception_;
  std::size_t exception_item_ = 0;
};

}  // namespace

int resolve_num_threads(int requested) {
  if (requested < 0)
    fail(ErrorKind::kUsage, "the number of threads is ", requested, "; it must be at least 1, or 0 for all");
  if (requested > 0) return requested;
  cpu_set_t cpus;
  // What this process may use, which in a container or under taskset is less than what the machine has.
  const int available = sched_getaffinity(0, sizeof cpus, &cpus) == 0
                            ? CPU_COUNT(&cpus)
                            : static_cast<int>(std::thread::hardware_concurrency());
  return std::max(1, available);
}

void parallel_for(std::size_t num_items, int num_threads, const std::function<void(std::size_t)>& body) {
  SharedLoop loop(num_items, body);
  const std::size_t num_workers = std::min(num_items, static_cast<std::size_t>(std::max(1, num_threads)));
  {
    std::vector<std::jthread> helpers;
    try {
      while (helpers.size() + 1 < num_workers) helpers.emplace_back([&loop] { loop.work(); });
    } catch (const std::system_error&) {
      // The system gives no more threads: those that there are do the work.
    }
    loop.work();
  }
  loop.rethrow();
}

}  // namespace bertforge
