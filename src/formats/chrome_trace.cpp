#include "bertforge/formats/chrome_trace.h"

#include <map>
#include <nlohmann/json.hpp>
#include <string_view>

#include "bertforge/base/files.h"

namespace bertforge {
namespace {

using Json = nlohmann::ordered_json;

Json name_event(const char* kind, int process, std::size_t lane, const std::string& name) {
  return {{"ph", "M"}, {"name", kind}, {"pid", process}, {"tid", lane}, {"args", {{"name", name}}}};
}

}  // namespace

void ChromeTrace::add(const char* lane, const char* name, Clock::time_point begin, Clock::time_point end) {
  const std::lock_guard lock(mutex_);
  if (spans_.size() < kMostSpans) {
    spans_.push_back({lane, name, begin, end});
  } else {
    ++num_left_out_;
  }
}

void ChromeTrace::write(const std::filesystem::path& file) const {
  const std::lock_guard lock(mutex_);
  const auto microseconds = [](auto duration) { return std::chrono::duration<double, std::micro>(duration).count(); };
  Json events = {name_event("process_name", process_, 0, name_)};
  std::map<std::string_view, std::size_t> lanes;  // In the order in which they first come.
  for (const Span& span : spans_) {
    const auto [lane, is_new] = lanes.try_emplace(span.lane, lanes.size());
    if (is_new) events.push_back(name_event("thread_name", process_, lane->second, span.lane));
    events.push_back({{"ph", "X"},
                      {"name", span.name},
                      {"pid", process_},
                      {"tid", lane->second},
                      {"ts", microseconds(span.begin.time_since_epoch())},
                      {"dur", microseconds(span.end - span.begin)}});
  }
  write_file_atomic(
      file, Json{{"traceEvents", events}, {"displayTimeUnit", "ms"}, {"otherData", {{"spans_left_out", num_left_out_}}}}
                    .dump() +
                "\n");
}

}  // namespace bertforge
