#pragma once
// A progress bar on standard error: drawn on a terminal only, never more than ten times a second, cleared around log
// lines.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace bertforge {

// Whether bars are drawn at all: by default where standard error is a terminal and TERM is not "dumb".
void set_progress_enabled(bool enabled);

// Only one bar is drawn at a time: one made while another lives stays silent.
class ProgressBar {
 public:
  // `total` 0: unknown, a counter without percentage is drawn. `unit` follows the count ("steps", "MB").
  ProgressBar(std::string label, std::uint64_t total, std::string unit, std::uint64_t done = 0);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // `note` stands at the end of the bar ("loss 6.21").
  void update(std::uint64_t done, std::string_view note = {});

 private:
  void draw(std::string_view note);

  std::string label_, unit_;
  std::uint64_t total_, done_, start_;
  bool active_;
  std::chrono::steady_clock::time_point started_, drawn_;
};

// What a bar shows.
struct ProgressView {
  std::string_view label = {}, unit = {}, note = {};
  std::uint64_t total = 0;  // 0: unknown.
  std::uint64_t start = 0;  // Done before the bar was made: a resumed run.
  std::uint64_t done = 0;
  double seconds = 0;  // Since the bar was made.
};

// The bar as one line of at most `width` columns: "training  45% [=====>     ] 900/2000 steps, 12.5/s, 1:28 left,
// loss 6.21".
std::string progress_line(const ProgressView& view, int width);

// Erases the bar's line so that other output can stand there; the next update draws it again.
void clear_progress_line();

}  // namespace bertforge
