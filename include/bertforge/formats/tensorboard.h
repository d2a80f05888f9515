#pragma once
// TensorBoard's event files: scalars over steps, for `tensorboard --logdir`.
//
// Fed by train/'s observer. An event file is TFRecords of tensorflow.Event messages; the first says which version of the format
// the file is in. Source: tensorboard/compat/proto/event.proto and summary.proto.

#include <cstdint>
#include <span>
#include <string>

namespace bertforge {

struct TensorBoardScalar {
  std::string tag;  // "train/loss": what stands before the slash is a section of the page.
  double value = 0;
};

// Appends the records that open a file whose events begin behind `step`. Where another file of the same folder has events
// of later steps, TensorBoard forgets those: they were lost to a crash and are made again.
// `wall_time`: seconds since 1970.
void append_tensorboard_start(std::string& file, double wall_time, std::int64_t step);

void append_tensorboard_scalars(std::string& file, double wall_time, std::int64_t step,
                                std::span<const TensorBoardScalar> scalars);

}  // namespace bertforge
