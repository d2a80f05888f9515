#include "watch.h"

#include <cstdlib>
#include <iostream>

#include "bertforge/base/error.h"

namespace bertforge {
namespace {

constexpr std::chrono::milliseconds kBetweenSigns{500};
constexpr const char* kDone = "done";
constexpr const char* kLossKey = "loss";
constexpr const char* kHeardKey = "loss/heard";  // By how many ranks

}  // namespace

std::string sign_key(int rank) { return "sign/" + std::to_string(rank); }

Watch::Watch(c10::intrusive_ptr<c10d::Store> store, int rank, std::vector<std::string> names)
    : store_(std::move(store)),
      rank_(rank),
      next_((rank + 1) % static_cast<int>(names.size())),
      names_(std::move(names)),
      last_change_(Clock::now()),
      worker_([this] { work(); }),
      guard_([this] { guard(); }) {}

Watch::~Watch() {
  const auto stop = [this](bool& flag, std::thread& thread) {
    {
      const std::lock_guard lock(mutex_);
      flag = true;
    }
    changed_.notify_all();
    thread.join();
  };
  stop(stops_, worker_);
  if (!loss()) {
    try {
      store_->set(sign_key(rank_), kDone);
    } catch (const std::exception&) {  // The store has gone before us: nobody looks there any more.
    }
  }
  stop(guard_stops_, guard_);
}

void Watch::work() {
  std::unique_lock lock(mutex_);
  while (!stops_ && !loss_) {
    lock.unlock();
    try {
      beat();
      look();
    } catch (const std::exception&) {
      // With rank 0's process its store goes. The launcher's own goes with the launcher.
      note_loss(names_.front() + " is lost: its store does not answer any more");
    }
    lock.lock();
    last_round_ = Clock::now();
    changed_.wait_for(lock, kBetweenSigns, [&] { return stops_; });
  }
}

// It only ever looks at the clock.
void Watch::guard() {
  std::optional<Clock::time_point> known_since;
  std::unique_lock lock(mutex_);
  while (!guard_stops_) {
    const auto now = Clock::now();
    if (!loss_ && now - last_round_ > kLostAfter) {
      loss_ = names_.front() + " is lost: its store stands still";
      changed_.notify_all();
    }
    if (loss_ && !known_since) known_since = now;
    if (known_since && now - *known_since > kToEnd) {
      std::cerr << "bertforge: " << *loss_ << "; rank " << rank_ << " ends as well" << std::endl;
      std::_Exit(static_cast<int>(ErrorKind::kEnvironment));
    }
    changed_.wait_for(lock, kBetweenSigns, [&] { return guard_stops_; });
  }
}

void Watch::beat() { store_->set(sign_key(rank_), concat(++num_beats_, " ", num_calls_.load())); }

void Watch::look() {
  if (store_->check({kLossKey})) {
    const std::string what = store_->get_to_str(kLossKey);
    if (!says_failure_) store_->add(kHeardKey, 1);
    return note_loss(what);
  }
  const std::string key = sign_key(next_), sign = store_->check({key}) ? store_->get_to_str(key) : "";
  if (sign != last_sign_ || sign == kDone) {
    last_sign_ = sign;
    last_change_ = Clock::now();
  } else if (Clock::now() - last_change_ > kLostAfter) {
    const std::string what =
        concat(names_[static_cast<std::size_t>(next_)], " is lost: no sign of life for ", kLostAfter.count(), " s");
    store_->set(kLossKey, what);
    store_->add(kHeardKey, 1);
    note_loss(what);
  }
}

void Watch::note_loss(const std::string& what) {
  {
    const std::lock_guard lock(mutex_);
    if (!loss_) loss_ = what;
  }
  changed_.notify_all();
}

std::optional<std::string> Watch::loss() const {
  const std::lock_guard lock(mutex_);
  return loss_;
}

std::optional<std::string> Watch::wait_for_loss(std::chrono::milliseconds most) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, most, [&] { return loss_.has_value(); });
  return loss_;
}

void Watch::say_failure(const std::string& what) {
  says_failure_ = !loss();
  try {
    if (!store_->check({kLossKey})) {
      store_->set(kLossKey, concat(names_[static_cast<std::size_t>(rank_)], " ended: ", what));
    }
    // The store may be in this process. All but the lost one come to know.
    const std::int64_t most = rank_ == 0 ? std::ssize(names_) - 1 : 0;
    const auto deadline = Clock::now() + kToBeHeard;
    while (store_->add(kHeardKey, 0) < most && Clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  } catch (const std::exception&) {  // Without a store there is nobody to tell.
  }
}

}  // namespace bertforge
