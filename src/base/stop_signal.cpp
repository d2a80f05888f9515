#include "bertforge/base/stop_signal.h"

#include <atomic>
#include <csignal>
#include <cstdlib>

namespace bertforge {
namespace {

// Threads other than the one that takes the signal read it, so it is atomic; without a lock, or a handler might wait for it.
std::atomic<int> requested_signal = 0;
std::atomic<bool> is_save_requested = false;
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

void on_signal(int signal) {
  // The user asked twice: no more patience. Only async-signal-safe calls are allowed here.
  int none = 0;
  if (!requested_signal.compare_exchange_strong(none, signal)) std::_Exit(128 + signal);
}

void on_save_signal(int) { is_save_requested = true; }

}  // namespace

void install_stop_signals() {
  struct sigaction action = {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;  // A read or write in progress goes on: the request is polled between steps.
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  struct sigaction save = action;
  save.sa_handler = on_save_signal;
  sigaction(SIGUSR1, &save, nullptr);
  struct sigaction hangup = {};
  sigaction(SIGHUP, nullptr, &hangup);
  if (hangup.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, nullptr);  // nohup asked to be left alone.
}

int stop_signal() { return requested_signal; }

bool take_save_request() { return is_save_requested.exchange(false); }

void request_stop(int signal) { requested_signal = signal; }
void clear_stop_request() { requested_signal = 0; }

}  // namespace bertforge
