#include "bertforge/base/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "bertforge/base/error.h"
#include "terminal.h"

namespace bertforge {
namespace {

constexpr auto kRedrawInterval = std::chrono::milliseconds(100);
constexpr int kBarWidth = 24;

// All of it is guarded by terminal::output_mutex().
bool enabled = true;
const ProgressBar* shown_bar = nullptr;
bool line_stands = false;

int terminal_width() {
  winsize size = {};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void write_to_terminal(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

std::string clock_text(double seconds) {
  const auto total = static_cast<long long>(std::min(seconds, 3.6e6) + 0.5);
  char text[32];
  if (total >= 3600) {
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", total / 3600, total / 60 % 60, total % 60);
  } else {
    std::snprintf(text, sizeof text, "%lld:%02lld", total / 60, total % 60);
  }
  return text;
}

std::string rate_text(double rate) {
  char text[32];
  std::snprintf(text, sizeof text, rate < 100 ? "%.1f/s" : "%.0f/s", rate);
  return text;
}

std::string bar_text(double share) {
  const int filled = static_cast<int>(share * kBarWidth);
  std::string bar(static_cast<std::size_t>(filled), '=');
  if (filled < kBarWidth) bar += '>';
  bar.resize(kBarWidth, ' ');
  return "[" + bar + "] ";
}

// At most `width` columns; a letter of UTF-8 is taken as one column and never cut in two.
std::string clipped(std::string_view text, int width) {
  std::size_t end = 0;
  for (int columns = 0; end < text.size(); ++end) {
    const bool starts_letter = (static_cast<unsigned char>(text[end]) & 0xC0) != 0x80;
    if (starts_letter && ++columns > width) break;
  }
  return std::string(text.substr(0, end));
}

}  // namespace

bool terminal::draws() {
  const char* term = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && (term == nullptr || std::strcmp(term, "dumb") != 0);
}

std::mutex& terminal::output_mutex() {
  static std::mutex mutex;
  return mutex;
}

void terminal::clear_bar() {
  if (line_stands) write_to_terminal(kClearLine);
  line_stands = false;
}

std::string progress_line(const ProgressView& view, int width) {
  const double gained = static_cast<double>(view.done - std::min(view.start, view.done));
  const double rate = view.seconds > 0 ? gained / view.seconds : 0;
  std::string head = std::string(view.label) + " ", bar, tail = std::to_string(view.done);
  if (view.total > 0) {
    const double share = std::min(1.0, static_cast<double>(view.done) / static_cast<double>(view.total));
    char percent[16];
    std::snprintf(percent, sizeof percent, "%3d%% ", static_cast<int>(share * 100));
    head += percent;
    bar = bar_text(share);
    tail += "/" + std::to_string(view.total);
  }
  if (!view.unit.empty()) tail += concat(" ", view.unit);
  if (rate > 0) tail += ", " + rate_text(rate);
  if (rate > 0 && view.total > view.done)
    tail += ", " + clock_text(static_cast<double>(view.total - view.done) / rate) + " left";
  if (!view.note.empty()) tail += concat(", ", view.note);

  // The bar goes first where the line is too narrow.
  const bool has_room = head.size() + bar.size() + tail.size() <= static_cast<std::size_t>(std::max(0, width));
  return clipped(head + (has_room ? bar : "") + tail, width);
}

void set_progress_enabled(bool enable) {
  const std::lock_guard lock(terminal::output_mutex());
  enabled = enable;
  if (!enable) terminal::clear_bar();
}

ProgressBar::ProgressBar(std::string label, std::uint64_t total, std::string unit, std::uint64_t done)
    : label_(std::move(label)),
      unit_(std::move(unit)),
      total_(total),
      done_(done),
      start_(done),
      started_(std::chrono::steady_clock::now()),
      drawn_(started_ - kRedrawInterval) {
  const std::lock_guard lock(terminal::output_mutex());
  active_ = enabled && shown_bar == nullptr && terminal::draws();
  if (active_) shown_bar = this;
}

ProgressBar::~ProgressBar() {
  if (!active_) return;
  const std::lock_guard lock(terminal::output_mutex());
  terminal::clear_bar();
  shown_bar = nullptr;
}

void ProgressBar::update(std::uint64_t done, std::string_view note) {
  if (!active_) return;
  const std::lock_guard lock(terminal::output_mutex());
  done_ = done;
  const auto now = std::chrono::steady_clock::now();
  if (!enabled || now - drawn_ < kRedrawInterval) return;
  drawn_ = now;
  draw(note);
}

void ProgressBar::draw(std::string_view note) {
  const double seconds = std::chrono::duration<double>(drawn_ - started_).count();
  // A line that fills the last column would wrap on some terminals.
  const std::string line = progress_line({label_, unit_, note, total_, start_, done_, seconds}, terminal_width() - 1);
  write_to_terminal("\r" + line + "\x1b[K");
  line_stands = true;
}

void clear_progress_line() {
  const std::lock_guard lock(terminal::output_mutex());
  terminal::clear_bar();
}

}  // namespace bertforge
