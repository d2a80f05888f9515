#pragma once
// Where time goes, as a trace that chrome://tracing and ui.perfetto.dev draw: spans on lanes.
//
// Source: "Trace Event Format" of the Chromium project, complete events (ph "X"). Thread-safe.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

namespace bertforge {

class ChromeTrace {
 public:
  using Clock = std::chrono::steady_clock;

  // `process` numbers and names the row that all lanes of this trace stand under.
  ChromeTrace(int process, std::string name) : process_(process), name_(std::move(name)) {}

  // `lane` and `name` are literals. Beyond kMostSpans a span is counted, and not kept.
  void add(const char* lane, const char* name, Clock::time_point begin, Clock::time_point end);

  // Error(kEnvironment) where it cannot be written.
  void write(const std::filesystem::path& file) const;

  static constexpr std::size_t kMostSpans = 1 << 20;

 private:
  struct Span {
    const char* lane;
    const char* name;
    Clock::time_point begin, end;
  };

  const int process_;
  const std::string name_;
  mutable std::mutex mutex_;
  std::vector<Span> spans_;
  std::size_t num_left_out_ = 0;
};

// A span from its construction to its end; nothing where `trace` is null.
class TraceSpan {
 public:
  TraceSpan(ChromeTrace* trace, const char* lane, const char* name) : trace_(trace), lane_(lane), name_(name) {}
  ~TraceSpan() {
    if (trace_ != nullptr) trace_->add(lane_, name_, begin_, ChromeTrace::Clock::now());
  }
  TraceSpan(const TraceSpan&) = delete;
  TraceSpan& operator=(const TraceSpan&) = delete;

 private:
  ChromeTrace* const trace_;
  const char* const lane_;
  const char* const name_;
  const ChromeTrace::Clock::time_point begin_ = ChromeTrace::Clock::now();
};

}  // namespace bertforge
