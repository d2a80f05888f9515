#pragma once
// NumPy's .npy, version 1.0: one float32 array of two dimensions, written row by row; numpy.load opens it.
//
//   6 bytes "\x93NUMPY" | 1, 0 | 2 bytes N, little-endian | N bytes of a Python dict, spaces and LF | the rows, little-endian
//
// Fed by the command embed. Source: numpy.lib.format's documentation of the format.

#include <cstdint>
#include <filesystem>
#include <span>

#include "bertforge/base/files.h"

namespace bertforge {

// How many rows there are is known at the end only: the head has room for any number and is completed in publish().
class NpyWriter {
 public:
  // The file appears under its name in publish(). Error(kUsage): `path` is a pipe or a device. REQUIRES: num_columns > 0.
  NpyWriter(const std::filesystem::path& path, std::int64_t num_columns);

  // REQUIRES: a multiple of num_columns values.
  void write_rows(std::span<const float> values);
  std::int64_t num_rows() const { return num_rows_; }
  void publish();

 private:
  StagedFile file_;
  std::int64_t num_columns_, num_rows_ = 0;
};

}  // namespace bertforge
