#include "bertforge/base/stop_signal.h"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <utility>

#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "terminal.h"

namespace bertforge {
namespace {

// Threads other than the one that takes the signal read it, so it is atomic; without a lock, or a handler might wait for it.
std::atomic<int> requested_signal = 0;
std::atomic<bool> is_save_requested = false;
std::atomic<bool> takes_requests = false;                 // install_stop_signals() was called.
std::atomic<const std::string*> line_in_force = nullptr;  // Of the StopNotice made last.
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free &&
              std::atomic<const std::string*>::is_always_lock_free);

// Only async-signal-safe calls are allowed here.
void on_signal(int signal) {
  if (const std::string* line = line_in_force) {
    [[maybe_unused]] const auto num_written = write(STDERR_FILENO, line->data(), line->size());
    std::_Exit(128 + signal);
  }
  if (!takes_requests) {  // There was a notice, and is none any more: as if there had never been one.
    std::signal(signal, SIG_DFL);
    std::raise(signal);
    return;
  }
  // The user asked twice: no more patience.
  int none = 0;
  if (!requested_signal.compare_exchange_strong(none, signal)) std::_Exit(128 + signal);
}

void on_save_signal(int) { is_save_requested = true; }

bool is_ignored(int signal) {
  struct sigaction action = {};
  sigaction(signal, nullptr, &action);
  return action.sa_handler == SIG_IGN;
}

void handle(int signal, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;  // A read or write in progress goes on: the request is polled between steps.
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

// They are never thrown away: a handler on another thread may be at one whose notice ends just now.
const std::string* kept_line(std::string line) {
  static std::mutex mutex;
  static std::deque<std::string> lines;
  const std::lock_guard lock(mutex);
  return &lines.emplace_back(std::move(line));
}

}  // namespace

void install_stop_signals() {
  takes_requests = true;
  handle(SIGINT, on_signal);
  handle(SIGTERM, on_signal);
  handle(SIGUSR1, on_save_signal);
  if (!is_ignored(SIGHUP)) handle(SIGHUP, on_signal);  // nohup asked to be left alone.
}

int stop_signal() { return requested_signal; }

bool take_save_request() { return is_save_requested.exchange(false); }

StopNotice::StopNotice(std::string_view line) : before_(line_in_force) {
  // A progress bar may stand there, and the ^C of the terminal does.
  line_in_force = kept_line(concat(terminal::draws() ? terminal::kClearLine : "", "bertforge: ", line, "\n"));
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    if (!is_ignored(signal)) handle(signal, on_signal);
  }
}

StopNotice::~StopNotice() { line_in_force = before_; }

std::string unfinished_notice(std::string_view deed, const std::filesystem::path& final_path) {
  return concat("interrupted while ", deed, " ", final_path.string(), ": what is unfinished is called ",
                partial_path(final_path).string(), ", and the same command replaces it");
}

void request_stop(int signal) { requested_signal = signal; }
void clear_stop_request() { requested_signal = 0; }

}  // namespace bertforge
