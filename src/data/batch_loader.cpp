#include "bertforge/data/batch_loader.h"

#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>

#include "bertforge/base/error.h"
#include "bertforge/base/parallel.h"
#include "bertforge/data/example_maker.h"
#include "example_cursor.h"

namespace bertforge {

namespace {

std::int64_t sequences_per_pass(const LoaderConfig& config) {
  return config.micro_batch_size == 0 ? config.batch_size : config.micro_batch_size;
}

// Cuts examples into batches of `size`; first_example goes on counting over them.
std::vector<Batch> collate_all(std::span<const Example> examples, std::int64_t size) {
  std::vector<Batch> batches;
  for (std::int64_t begin = 0; begin < std::ssize(examples); begin += size) {
    batches.push_back(collate(examples.subspan(begin, std::min(size, std::ssize(examples) - begin)), begin));
  }
  return batches;
}

}  // namespace

void LoaderConfig::validate() const {
  if (batch_size < 1) fail(ErrorKind::kUsage, "batch_size is ", batch_size, "; 1 at least");
  if (micro_batch_size < 0)
    fail(ErrorKind::kUsage, "micro_batch_size is ", micro_batch_size, "; 0 (the whole batch) or more");
  if (num_threads < 1) fail(ErrorKind::kUsage, "num_threads is ", num_threads, "; 1 at least");
  if (prefetch < 1) fail(ErrorKind::kUsage, "prefetch is ", prefetch, "; 1 at least");
  pairing.validate();
  masking.validate();
}

// Threads that make batches by number and leave them for next() to take in order; never more than `prefetch` lie ready.
class BatchLoader::Producer {
 public:
  Producer(const TokenStore& store, const Tokenizer& tokenizer, const LoaderConfig& config, DataPosition start)
      : config_(config),
        maker_(store, tokenizer, config.pairing, config.masking),
        cursor_(maker_, CounterRandom(config.seed), static_cast<int>(config.num_threads), start) {
    try {
      for (std::int64_t i = 0; i < config.num_threads; ++i) threads_.emplace_back([this] { work(); });
    } catch (const std::system_error& error) {
      stop();
      fail(ErrorKind::kEnvironment, "cannot start ", config.num_threads, " loader threads: ", error.what());
    }
  }

  ~Producer() { stop(); }

  GlobalBatch next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return error_ || ready_.contains(num_taken_); });
    const auto found = ready_.find(num_taken_);
    if (found == ready_.end()) std::rethrow_exception(error_);
    GlobalBatch batch = std::move(found->second);
    ready_.erase(found);
    ++num_taken_;
    changed_.notify_all();
    return batch;
  }

 private:
  struct Job {
    std::int64_t number = 0;
    std::vector<EpochSlice> slices;
    DataPosition next;
  };

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  void work() {
    try {
      Job job;
      while (take_job(job)) {
        GlobalBatch batch = make(job);
        const std::lock_guard lock(mutex_);
        ready_.emplace(job.number, std::move(batch));
        changed_.notify_all();
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!error_) error_ = std::current_exception();
      stopped_ = true;
      changed_.notify_all();
    }
  }

  // The next batch's number and examples; false when all is over. Taking turns here keeps number and examples in step, while
  // next() does not have to wait for an epoch that is being planned.
  bool take_job(Job& job) {
    const std::lock_guard turn(turn_);
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stopped_ || num_started_ < num_taken_ + config_.prefetch; });
      if (stopped_) return false;
      job.number = num_started_++;
    }
    job.slices = cursor_.take(config_.batch_size, job.next);
    return true;
  }

  GlobalBatch make(const Job& job) const {
    std::vector<Example> examples;
    examples.reserve(static_cast<std::size_t>(config_.batch_size));
    for (const EpochSlice& slice : job.slices) {
      for (std::int64_t i = slice.begin; i < slice.end; ++i) examples.push_back(maker_.make(*slice.plan, i));
    }
    // A position inside an epoch is one of the epoch that gave the last slice.
    const double share = job.next.example == 0 ? 0.0
                                               : static_cast<double>(job.next.example) /
                                                     static_cast<double>(job.slices.back().plan->num_examples());
    return {collate_all(examples, sequences_per_pass(config_)), job.next, static_cast<double>(job.next.epoch) + share};
  }

  const LoaderConfig config_;
  const ExampleMaker maker_;
  ExampleCursor cursor_;

  std::mutex turn_;
  std::mutex mutex_;  // Of everything below.
  std::condition_variable changed_;
  std::int64_t num_started_ = 0, num_taken_ = 0;
  std::map<std::int64_t, GlobalBatch> ready_;
  std::exception_ptr error_;
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

BatchLoader::BatchLoader(const TokenStore& store, const Tokenizer& tokenizer, const LoaderConfig& config,
                         DataPosition start) {
  config.validate();
  producer_ = std::make_unique<Producer>(store, tokenizer, config, start);
}

BatchLoader::~BatchLoader() = default;

GlobalBatch BatchLoader::next() { return producer_->next(); }

std::vector<Batch> make_evaluation_batches(const TokenStore& store, const Tokenizer& tokenizer,
                                           const LoaderConfig& config, std::int64_t max_examples, std::uint64_t seed) {
  config.validate();
  if (max_examples < 0) fail(ErrorKind::kUsage, "max_examples is ", max_examples, "; 0 (all of an epoch) or more");
  const ExampleMaker maker(store, tokenizer, config.pairing, config.masking);
  const int num_threads = static_cast<int>(config.num_threads);
  const CounterRandom random = CounterRandom(seed).fork(RandomPurpose::kEvaluation);
  const EpochPlan plan = maker.plan(random, /*epoch=*/0, num_threads);

  const std::int64_t num_examples =
      max_examples == 0 ? plan.num_examples() : std::min(max_examples, plan.num_examples());
  const std::int64_t size = sequences_per_pass(config);
  std::vector<Batch> batches(static_cast<std::size_t>((num_examples + size - 1) / size));
  parallel_for(batches.size(), num_threads, [&](std::size_t i) {
    const std::int64_t begin = static_cast<std::int64_t>(i) * size, end = std::min(begin + size, num_examples);
    std::vector<Example> examples;
    for (std::int64_t example = begin; example < end; ++example) examples.push_back(maker.make(plan, example));
    batches[i] = collate(examples, begin);
  });
  return batches;
}

}  // namespace bertforge
