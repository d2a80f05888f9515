#include "bertforge/base/stop_signal.h"

#include <csignal>
#include <cstdlib>

namespace bertforge {
namespace {

volatile std::sig_atomic_t requested_signal = 0;

void on_signal(int signal) {
  // The user asked twice: no more patience. Only async-signal-safe calls are allowed here.
  if (requested_signal != 0) std::_Exit(128 + signal);
  requested_signal = signal;
}

}  // namespace

void install_stop_signals() {
  struct sigaction action = {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;  // A read or write in progress goes on: the request is polled between steps.
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

int stop_signal() { return requested_signal; }

void request_stop(int signal) { requested_signal = signal; }
void clear_stop_request() { requested_signal = 0; }

}  // namespace bertforge
