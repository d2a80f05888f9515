#include "bertforge/data/batch_loader.h"

#include <algorithm>
#include <cmath>
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

// Cuts examples into batches of `size` (0: one batch); first_example goes on counting over them.
std::vector<Batch> collate_all(std::span<const Example> examples, std::int64_t size, std::int64_t first_example) {
  if (size == 0) size = std::max<std::int64_t>(1, std::ssize(examples));
  std::vector<Batch> batches;
  for (std::int64_t begin = 0; begin < std::ssize(examples); begin += size) {
    batches.push_back(
        collate(examples.subspan(begin, std::min(size, std::ssize(examples) - begin)), first_example + begin));
  }
  return batches;
}

// An example of the stream: at a place of the shuffled epoch that the plan is of.
struct PlannedExample {
  const EpochPlan* plan;
  std::int64_t position;
};

std::vector<PlannedExample> in_a_row(const std::vector<EpochExamples>& parts) {
  std::vector<PlannedExample> examples;
  for (const EpochExamples& part : parts) {
    for (const std::int64_t position : part.positions) examples.push_back({part.plan.get(), position});
  }
  return examples;
}

void require_sound_ramp(const LoaderConfig& config) {
  const std::int64_t first = config.initial_batch_size, length = config.batch_ramp_examples;
  if (first == 0 && length == 0) return;
  if (first < 1 || length < 1) {
    fail(ErrorKind::kUsage, "train.initial_batch_size is ", first, " and train.batch_ramp is \"", length,
         " examples\"; a ramp has both: where it begins, and how many examples it takes");
  }
  if (first > config.batch_size) {
    fail(ErrorKind::kUsage, "train.initial_batch_size ", first, " is larger than train.batch_size ", config.batch_size);
  }
  if (config.batch_tokens != 0 || config.length_window != 0) {
    fail(ErrorKind::kUsage, "train.initial_batch_size is ", first,
         "; it counts sequences as they are shuffled, so train.batch_tokens and train.length_window must be 0");
  }
}

}  // namespace

void LoaderConfig::validate() const {
  if (batch_size < 1) fail(ErrorKind::kUsage, "train.batch_size is ", batch_size, "; 1 at least");
  if (micro_batch_size < 0)
    fail(ErrorKind::kUsage, "train.micro_batch_size is ", micro_batch_size, "; 0 (the whole batch) or more");
  if (batch_tokens != 0 && batch_tokens < pairing.max_seq_length) {
    fail(ErrorKind::kUsage, "train.batch_tokens is ", batch_tokens,
         ", less than one sequence may have (data.max_seq_length ", pairing.max_seq_length, ")");
  }
  if (length_window < 0) fail(ErrorKind::kUsage, "train.length_window is ", length_window, "; 0 (none) or more");
  require_sound_ramp(*this);
  BERTFORGE_CHECK(0 <= rank && rank < num_ranks, "rank ", rank, " of ", num_ranks);
  if (num_threads < 1) fail(ErrorKind::kUsage, "num_threads is ", num_threads, "; 1 at least");
  if (prefetch < 1) fail(ErrorKind::kUsage, "prefetch is ", prefetch, "; 1 at least");
  pairing.validate();
  masking.validate();
}

std::int64_t LoaderConfig::batch_size_after(std::int64_t examples) const {
  if (initial_batch_size == 0 || examples >= batch_ramp_examples) return batch_size;
  const double share = static_cast<double>(examples) / static_cast<double>(batch_ramp_examples);
  return initial_batch_size + std::llround(share * static_cast<double>(batch_size - initial_batch_size));
}

// Threads that make batches by number and leave them for next() to take in order; never more than `prefetch` lie ready.
class BatchLoader::Producer {
 public:
  Producer(const TokenStore& store, const Tokenizer& tokenizer, const LoaderConfig& config, DataPosition start)
      : config_(config), maker_(store, tokenizer, config.pairing, config.masking), cursor_(maker_, config, start) {
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
    std::vector<EpochExamples> examples;
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
    job.examples = cursor_.take(job.next);
    return true;
  }

  GlobalBatch make(const Job& job) const {
    std::vector<PlannedExample> planned = in_a_row(job.examples);
    const std::int64_t size = std::ssize(planned);
    const std::int64_t begin = size * config_.rank / config_.num_ranks;
    const std::int64_t end = size * (config_.rank + 1) / config_.num_ranks;
    const auto has_target = [this](const PlannedExample& example) { return !make(example).masked_positions.empty(); };
    std::vector<Example> examples;
    for (std::int64_t i = begin; i < end; ++i) examples.push_back(make(planned[i]));
    const bool any_here = std::ranges::any_of(examples, [](const Example& e) { return !e.masked_positions.empty(); });
    if (!any_here && std::ranges::none_of(planned, has_target) && end == size && begin < end) {
      examples.back() = next_with_target(planned.back());
    }
    // A position inside an epoch is one of the epoch that gave the last examples.
    const double share = job.next.example == 0 ? 0.0
                                               : static_cast<double>(job.next.example) /
                                                     static_cast<double>(planned.back().plan->num_examples());
    return {collate_all(examples, config_.micro_batch_size, begin), job.next,
            static_cast<double>(job.next.epoch) + share};
  }

  Example make(const PlannedExample& example) const { return maker_.make(*example.plan, example.position); }

  Example next_with_target(PlannedExample example) const {
    const std::int64_t num_examples = example.plan->num_examples();
    for (std::int64_t i = 1; i < num_examples; ++i) {
      example.position = (example.position + 1) % num_examples;
      if (Example found = make(example); !found.masked_positions.empty()) return found;
    }
    fail(ErrorKind::kInput, "no token of the dataset can be predicted: all are [UNK] or named in never_masked; ",
         "a vocabulary that fits the text is expected");
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
