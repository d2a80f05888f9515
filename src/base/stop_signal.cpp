#include "bertforge/base/stop_signal.h"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <mutex>
#include <utility>

#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "terminal.h"

namespace bertforge {
namespace {

constexpr std::int64_t kBounceMilliseconds = 1000;

// Threads other than the one that takes the signal read it, so it is atomic; without a lock, or a handler might wait for it.
std::atomic<int> requested_signal = 0;
std::atomic<bool> was_signalled = false;
std::atomic<bool> is_save_requested = false;
std::atomic<std::int64_t> requested_at = 0;                             // In milliseconds.
std::atomic<bool> takes_requests = false;                               // install_stop_signals() was called.
std::atomic<const std::string*> line_in_force = nullptr;                // Of the StopNotice made last.
std::atomic<const std::string*> answer = nullptr, last_word = nullptr;  // To the first request, and to another.
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free &&
              std::atomic<std::int64_t>::is_always_lock_free && std::atomic<const std::string*>::is_always_lock_free);

// What on_signal() calls, it may: these are async-signal-safe.
void say(const std::string* line) {
  [[maybe_unused]] const auto num_written = write(STDERR_FILENO, line->data(), line->size());
}

std::int64_t milliseconds_now() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// Only async-signal-safe calls are allowed here.
void on_signal(int signal) {
  if (const std::string* line = line_in_force) {
    say(line);
    std::_Exit(128 + signal);
  }
  if (!takes_requests) {  // There was a notice, and is none any more: as if there had never been one.
    std::signal(signal, SIG_DFL);
    std::raise(signal);
    return;
  }
  // What another rank passed on is a request, and no signal of this process: its own first one is not the second.
  int none = 0;
  requested_signal.compare_exchange_strong(none, signal);
  if (!was_signalled.exchange(true)) {
    requested_at = milliseconds_now();
    say(answer);
  } else if (milliseconds_now() - requested_at >= kBounceMilliseconds) {  // No more patience.
    say(last_word);
    std::_Exit(128 + signal);
  }
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

// As main writes errors; a progress bar may stand there, and the ^C of the terminal does.
std::string on_terminal(std::string_view line) {
  return concat(terminal::draws() ? terminal::kClearLine : "", "bertforge: ", line, "\n");
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
  answer = kept_line(on_terminal("interrupted: finishing this update and saving it; once more ends without saving"));
  last_word = kept_line(on_terminal("ended without saving; what was saved before is there"));
  takes_requests = true;
  handle(SIGINT, on_signal);
  handle(SIGTERM, on_signal);
  handle(SIGUSR1, on_save_signal);
  if (!is_ignored(SIGHUP)) handle(SIGHUP, on_signal);  // nohup asked to be left alone.
}

int stop_signal() { return requested_signal; }

void request_save() { is_save_requested = true; }

bool take_save_request() { return is_save_requested.exchange(false); }

StopNotice::StopNotice(std::string_view line) : before_(line_in_force) {
  line_in_force = kept_line(on_terminal(line));
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    if (!is_ignored(signal)) handle(signal, on_signal);
  }
}

StopNotice::~StopNotice() { line_in_force = before_; }

std::string unfinished_notice(std::string_view deed, const std::vector<std::filesystem::path>& final_paths) {
  std::string names;
  for (const std::filesystem::path& path : final_paths) {
    names += concat(names.empty() ? "" : " and ", partial_path(path).string());
  }
  return concat("interrupted while ", deed, " ", final_paths.front().string(), ": what is unfinished is called ", names,
                ", and the same command replaces it");
}

void request_stop(int signal) { requested_signal = signal; }

void clear_stop_request() {
  requested_signal = 0;
  was_signalled = false;
}

}  // namespace bertforge
