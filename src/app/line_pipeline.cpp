#include "bertforge/app/line_pipeline.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "bertforge/app/corpus.h"
#include "bertforge/base/parallel.h"
#include "bertforge/base/streams.h"
#include "bertforge/text/unicode.h"
#include "lines.h"

namespace bertforge {
namespace {

struct Job {
  LineBlock block;
  std::string output;
  InvalidUtf8 invalid_utf8;
  std::exception_ptr fault;  // Of the line behind those in `output`.
  bool is_done = false;
};

void count_invalid_utf8(Job& job, const std::string& input) {
  if (bertforge::count_invalid_utf8(job.block.bytes) == 0) return;
  job.block.for_each_part([&](const LinePart& line) { job.invalid_utf8.add_line(line.text, input, line.number); });
}

void answer_lines(const LineFunction& function, Job& job) {
  std::size_t size = 0;  // Of the answers that are whole.
  try {
    job.output.reserve(job.block.bytes.size());
    job.block.for_each_part([&](const LinePart& line) {
      function(line, job.output);
      if (line.ends_line) job.output += '\n';
      size = job.output.size();
    });
  } catch (...) {
    job.output.resize(size);
    job.fault = std::current_exception();
  }
}

void work_on(Job& job, const LineFunction& function, const std::string& input) {
  answer_lines(function, job);
  try {
    count_invalid_utf8(job, input);
  } catch (...) {
    if (!job.fault) job.fault = std::current_exception();
  }
}

// Threads that answer blocks. The one that waits for a block works as well, so that one thread is no thread more.
class Workers {
 public:
  // NOTE: it delegates, so that the destructor runs, and helpers end, where what follows throws.
  Workers(const std::string& input, int num_threads, const std::function<LineFunction()>& make_function)
      : Workers(input, make_function()) {
    for (int i = 1; i < num_threads && start_helper(make_function()); ++i) {
    }
  }
  ~Workers() {
    {
      const std::lock_guard lock(mutex_);
      is_stopped_ = true;
    }
    has_work_.notify_all();
  }

  void submit(std::shared_ptr<Job> job) {
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(job));
    }
    has_work_.notify_one();
  }

  void wait_for(const Job& job) {
    std::unique_lock lock(mutex_);
    while (!job.is_done) {
      if (waiting_.empty()) {
        some_are_done_.wait(lock);
      } else {
        work_on_next(lock, own_function_);
      }
    }
  }

 private:
  Workers(const std::string& input, LineFunction function) : input_(input), own_function_(std::move(function)) {}

  // False where the system gives no more threads: those that there are do the work.
  bool start_helper(LineFunction function) {
    try {
      helpers_.emplace_back([this, function = std::move(function)] { help(function); });
      return true;
    } catch (const std::system_error&) {
      return false;
    }
  }

  void help(const LineFunction& function) {
    std::unique_lock lock(mutex_);
    while (true) {
      has_work_.wait(lock, [&] { return is_stopped_ || !waiting_.empty(); });
      if (is_stopped_) return;
      work_on_next(lock, function);
      some_are_done_.notify_one();  // Only the thread that reads and writes waits for it.
    }
  }

  // REQUIRES: one is waiting.
  void work_on_next(std::unique_lock<std::mutex>& lock, const LineFunction& function) {
    const std::shared_ptr<Job> job = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    work_on(*job, function, input_);
    lock.lock();
    job->is_done = true;
  }

  const std::string& input_;
  std::mutex mutex_;
  std::condition_variable has_work_, some_are_done_;
  std::deque<std::shared_ptr<Job>> waiting_;  // The oldest first.
  bool is_stopped_ = false;
  LineFunction own_function_;
  std::vector<std::jthread> helpers_;
};

class Pipeline {
 public:
  Pipeline(const std::string& input, int num_threads, const std::function<LineFunction()>& make_function,
           LineBlockSizes sizes)
      : reader_(input, sizes),
        workers_(reader_.name(), num_threads, make_function),
        max_jobs_(num_threads == 1 ? 1 : 2 * static_cast<std::size_t>(num_threads)),
        max_bytes_(std::max(kLongLinesAtATime * sizes.max_line_bytes, max_jobs_ * sizes.block_bytes)) {}

  void run() {
    for (auto job = std::make_shared<Job>(); read(job->block); job = std::make_shared<Job>()) {
      jobs_.push_back(job);
      num_bytes_ += job->block.bytes.size();
      workers_.submit(std::move(job));
      while (jobs_.size() >= max_jobs_ || num_bytes_ >= max_bytes_) write_oldest();
    }
    write_all();
    warn_of_invalid_utf8(invalid_utf8_);
  }

 private:
  // A fault of reading comes after the answers to what was read before.
  bool read(LineBlock& block) {
    try {
      return reader_.next(block, [this] { write_all(); });
    } catch (...) {
      write_all();
      throw;
    }
  }

  void write_all() {
    while (!jobs_.empty()) write_oldest();
  }

  void write_oldest() {
    workers_.wait_for(*jobs_.front());
    const std::shared_ptr<Job> job = std::move(jobs_.front());
    jobs_.pop_front();
    num_bytes_ -= job->block.bytes.size();
    try {
      write(*job);
      if (job->fault) std::rethrow_exception(job->fault);
    } catch (...) {
      jobs_.clear();  // Nothing follows a fault.
      num_bytes_ = 0;
      throw;
    }
    invalid_utf8_.add(job->invalid_utf8);
  }

  void write(const Job& job) {
    std::string_view output = job.output;
    if (job.block.begins_line) line_is_empty_ = true;
    if (!job.block.begins_line && line_is_empty_ && output.starts_with(' ')) output.remove_prefix(1);
    line_is_empty_ = line_is_empty_ && output.empty();
    write_standard_output(output);
  }

  static constexpr std::size_t kLongLinesAtATime = 4;  // Parts of them, on however many threads.

  LineBlockReader reader_;
  Workers workers_;
  std::size_t max_jobs_, max_bytes_, num_bytes_ = 0;  // Bytes: of the blocks of jobs_.
  std::deque<std::shared_ptr<Job>> jobs_;             // Read and not written, in order.
  bool line_is_empty_ = true;                         // What is written of the line that goes on in the next block.
  InvalidUtf8 invalid_utf8_;
};

}  // namespace

void run_line_pipeline(const std::string& input, int num_threads, const std::function<LineFunction()>& make_function,
                       LineBlockSizes sizes) {
  announce_terminal(input);
  Pipeline(input, resolve_num_threads(num_threads), make_function, sizes).run();
}

}  // namespace bertforge
