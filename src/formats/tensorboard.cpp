#include "bertforge/formats/tensorboard.h"

#include "bertforge/formats/protobuf.h"
#include "bertforge/formats/tfrecord.h"

namespace bertforge {
namespace {

// Numbers of fields.
namespace event {
constexpr std::uint32_t kWallTime = 1, kStep = 2, kFileVersion = 3, kSummary = 5, kSessionLog = 7;
}
constexpr std::uint32_t kSummaryValue = 1, kValueTag = 1, kValueSimpleValue = 2, kSessionLogStatus = 1;
constexpr std::uint64_t kStart = 1;  // SessionLog.SessionStatus

std::string begin_event(double wall_time, std::int64_t step) {
  std::string message;
  append_fixed_field(message, event::kWallTime, wall_time);
  append_varint_field(message, event::kStep, static_cast<std::uint64_t>(step));
  return message;
}

}  // namespace

void append_tensorboard_start(std::string& file, double wall_time, std::int64_t step) {
  std::string version = begin_event(wall_time, step);
  append_bytes_field(version, event::kFileVersion, "brain.Event:2");
  append_tfrecord(file, version);

  // The start of step n makes TensorBoard forget events of step n too.
  std::string log, start = begin_event(wall_time, step + 1);
  append_varint_field(log, kSessionLogStatus, kStart);
  append_bytes_field(start, event::kSessionLog, log);
  append_tfrecord(file, start);
}

void append_tensorboard_scalars(std::string& file, double wall_time, std::int64_t step,
                                std::span<const TensorBoardScalar> scalars) {
  std::string summary;
  for (const TensorBoardScalar& scalar : scalars) {
    std::string value;
    append_bytes_field(value, kValueTag, scalar.tag);
    append_fixed_field(value, kValueSimpleValue, static_cast<float>(scalar.value));
    append_bytes_field(summary, kSummaryValue, value);
  }
  std::string message = begin_event(wall_time, step);
  append_bytes_field(message, event::kSummary, summary);
  append_tfrecord(file, message);
}

}  // namespace bertforge
