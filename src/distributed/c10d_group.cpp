// A process group over c10d: how ranks meet, and how their calls end when one of them is lost.

#include <c10/util/Logging.h>
#include <torch/types.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <type_traits>

#include "backends.h"
#include "bertforge/base/error.h"
#include "bertforge/distributed/process_group.h"
#include "introduction.h"
#include "rendezvous.h"
#include "store_waits.h"
#include "watch.h"

namespace bertforge {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kBetweenLooks{500};            // While a call is waited for
constexpr milliseconds kToFindLoss = 2 * kLostAfter;  // Once a connection broke
constexpr milliseconds kToConnect{60000};
constexpr milliseconds kFarewell{20000};

// The calls that a sign of life tells of; none where it tells nothing.
std::int64_t calls_in(const std::string& sign) {
  std::int64_t calls = 0;
  const std::size_t space = sign.find(' ');
  if (space != std::string::npos) std::from_chars(sign.data() + space + 1, sign.data() + sign.size(), calls);
  return calls;
}

class C10dGroup : public ProcessGroup {
 public:
  C10dGroup(const Job& job, const JoinSettings& settings)
      : job_(job), timeout_(settings.rank_timeout), store_(open_store(job, timeout_)) {
    const std::vector<std::string> names = introduce(*store_, job, settings.identity, timeout_);
    watch_.emplace(connect_again(job, timeout_), job.rank, names);
    try {
      gloo_ = make_gloo(store_, job, std::min(timeout_, kToConnect));  // All are there: none may take long.
      if (settings.uses_cuda) nccl_ = make_nccl(store_, job, timeout_);
    } catch (const std::exception& error) {
      const std::string loss = loss_behind(error);
      watch_->say_failure(loss);
      fail_with(loss);
    }
    gloo_->setTimeout(2 * timeout_);  // Ours comes first, and knows who is late.
  }

  ~C10dGroup() override {
    if (!has_failed_ && !watch_->loss()) part();
    if (has_failed_ || watch_->loss()) {
      // Its threads may wait for a rank that is no more; the process is about to end.
      (void)gloo_.release();
      if (nccl_) (void)nccl_.release();
    }
  }

  int rank() const override { return job_.rank; }
  int num_ranks() const override { return job_.num_ranks; }

  std::unique_ptr<PendingCall> start_sum(const at::Tensor& tensor) override {
    std::vector<at::Tensor> tensors = {tensor};
    return start([&](c10d::Backend& backend) { return backend.allreduce(tensors); }, tensor);
  }

  std::unique_ptr<PendingCall> start_copy(const at::Tensor& tensor, int from) override {
    std::vector<at::Tensor> tensors = {tensor};
    c10d::BroadcastOptions options;
    options.rootRank = from;
    return start([&](c10d::Backend& backend) { return backend.broadcast(tensors, options); }, tensor);
  }

  std::vector<std::string> gather_on_first(const std::string& text) override {
    const std::string key = next_key("text") + "/";
    ask_store([&] { store_->set(key + std::to_string(rank()), text); });
    std::vector<std::string> texts;
    for (int other = 0; is_first() && other < num_ranks(); ++other) {
      texts.push_back(awaited(key + std::to_string(other)));
    }
    return texts;
  }

  std::string told_by_first(const std::string& text) override {
    const std::string key = next_key("told");
    if (is_first()) ask_store([&] { store_->set(key, text); });
    return is_first() ? text : awaited(key);
  }

  void meet() override {
    const std::string key = next_key("meeting");
    ask_store([&] { store_->add(key, 1); });
    for (Pause pause; ask_store([&] { return store_->add(key, 0); }) < num_ranks(); pause.wait()) check();
  }

  void check() override {
    if (const auto loss = watch_->loss()) fail_with(*loss);
  }

  void say_failure(const std::string& what) override {
    if (!has_failed_) watch_->say_failure(what);
    has_failed_ = true;
  }

 private:
  struct Call : PendingCall {
    Call(C10dGroup& group, c10::intrusive_ptr<c10d::Work> work, bool on_cpu)
        : group(group), work(std::move(work)), on_cpu(on_cpu) {
      if (!on_cpu) return;
      this->work->getFuture()->addCallback(
          [end = done](c10::ivalue::Future&) { *end = Clock::now().time_since_epoch(); });
    }
    void wait() override { group.wait(*work, on_cpu); }
    std::optional<Clock::time_point> end() const override {
      const Clock::duration when = *done;
      return when == Clock::duration::zero() ? std::nullopt : std::optional(Clock::time_point(when));
    }
    C10dGroup& group;
    const c10::intrusive_ptr<c10d::Work> work;
    const bool on_cpu;
    const std::shared_ptr<std::atomic<Clock::duration>> done =
        std::make_shared<std::atomic<Clock::duration>>(Clock::duration::zero());
  };

  template <class Start>
  std::unique_ptr<PendingCall> start(const Start& call, const at::Tensor& tensor) {
    BERTFORGE_CHECK(tensor.is_contiguous(), "what ranks exchange is dense");
    check();
    watch_->note_call();
    const bool on_cpu = tensor.is_cpu();
    BERTFORGE_CHECK(on_cpu || nccl_, "tensors on ", tensor.device().str(), " have no engine here");
    return std::make_unique<Call>(*this, call(on_cpu ? *gloo_ : *nccl_), on_cpu);
  }

  void wait(c10d::Work& work, bool on_cpu) {
    if (!on_cpu) {  // In the order of the device's stream; NCCL's watchdog looks after the time.
      work.wait();
      return;
    }
    const auto deadline = Clock::now() + timeout_;
    while (true) {
      try {
        work.wait(kBetweenLooks);
        return;
      } catch (const std::exception& error) {
        if (work.exception()) fail_with(loss_behind(error));  // Else the look was over before the call.
      }
      check();
      if (Clock::now() > deadline) fail_with(who_is_late());
    }
  }

  // A connection that breaks is the first that is known of a lost rank, and does not tell which.
  std::string loss_behind(const std::exception& error) {
    const auto loss = watch_->wait_for_loss(kToFindLoss);
    return loss ? *loss : concat("the connection to another rank broke: ", first_line(error.what()));
  }

  std::string who_is_late() {
    std::string late;
    for (int other = 0; other < num_ranks(); ++other) {
      const std::string sign = ask_store([&] { return store_->get_to_str(sign_key(other)); });
      if (other != rank() && calls_in(sign) < watch_->num_calls())
        late += (late.empty() ? "rank " : ", rank ") + std::to_string(other);
    }
    return concat("waited ", timeout_.count() / 1000, " s (run.rank_timeout) for ",
                  late.empty() ? std::string("the other ranks") : late, ", alive but behind");
  }

  [[noreturn]] void fail_with(const std::string& loss) {
    fail(ErrorKind::kEnvironment, loss, "; rank ", rank(), " ends as well");
  }

  std::string next_key(const std::string& kind) { return kind + "/" + std::to_string(num_keys_++); }

  // What `question` returns; the store that does not answer was rank 0's, as a rule.
  template <class Question>
  std::invoke_result_t<Question> ask_store(const Question& question) {
    try {
      return question();
    } catch (const std::exception& error) {
      fail_with(loss_behind(error));
    }
  }

  // The value of a key that another rank will set.
  std::string awaited(const std::string& key) {
    for (Pause pause; !ask_store([&] { return store_->check({key}); }); pause.wait()) check();
    return ask_store([&] { return store_->get_to_str(key); });
  }

  // Rank 0 saves last, and launchers end it when another rank goes: the others stay until it is done. Then it stays until they have
  // seen that, for the store may be in its process.
  void part() {
    try {
      if (is_first()) store_->set("done", "");
      for (Pause pause; !store_->check({"done"}) && !watch_->loss();) pause.wait();
      store_->add("parting", 1);
      if (is_first()) wait_for_all(*store_, "parting", num_ranks(), kFarewell);
    } catch (const std::exception&) {  // All work is done: who is gone is not missed.
    }
  }

  const Job job_;
  const milliseconds timeout_;
  const c10::intrusive_ptr<c10d::Store> store_;
  std::int64_t num_keys_ = 0;
  bool has_failed_ = false;
  std::optional<Watch> watch_;
  c10::intrusive_ptr<c10d::Backend> gloo_, nccl_;
};

// c10d speaks of connections that it tries again; what comes of them is ours to say. And it keeps a record of its calls that nobody
// here reads, one a process: several groups, as tests have them on threads, break its memory (FlightRecorder in LibTorch 2.11).
void quiet_c10d() {
  setenv("TORCH_CPP_LOG_LEVEL", "FATAL", /*replace=*/0);
  setenv("TORCH_FR_BUFFER_SIZE", "0", /*replace=*/0);
  c10::initLogging();
}

}  // namespace

std::unique_ptr<ProcessGroup> join_job(const Job& job, const JoinSettings& settings) {
  quiet_c10d();
  return std::make_unique<C10dGroup>(job, settings);
}

}  // namespace bertforge
