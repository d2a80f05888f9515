#include "bertforge/formats/npy.h"

#include <bit>
#include <string>

#include "bertforge/base/error.h"

namespace bertforge {
namespace {

static_assert(std::endian::native == std::endian::little, "rows are written as they lie in memory");

constexpr std::size_t kHeadBytes = 128;  // A multiple of 64, with room for two numbers of 64 bits.
constexpr std::size_t kPrefixBytes = 10;

std::string head(std::int64_t num_rows, std::int64_t num_columns) {
  std::string dict = concat("{'descr': '<f4', 'fortran_order': False, 'shape': (", num_rows, ", ", num_columns, "), }");
  dict.resize(kHeadBytes - kPrefixBytes, ' ');
  dict.back() = '\n';
  const auto length = static_cast<char>(dict.size());
  return std::string("\x93NUMPY\x01\x00", 8) + length + '\0' + dict;
}

}  // namespace

NpyWriter::NpyWriter(const std::filesystem::path& path, std::int64_t num_columns)
    : file_(path), num_columns_(num_columns) {
  BERTFORGE_CHECK(num_columns > 0, num_columns, " columns");
  if (file_.is_stream()) {
    fail(ErrorKind::kUsage, path.string(),
         " is a pipe or a device; .npy needs a file, whose head is completed at the end");
  }
  file_.writer().write(head(0, num_columns));
}

void NpyWriter::write_rows(std::span<const float> values) {
  BERTFORGE_CHECK(std::ssize(values) % num_columns_ == 0, values.size(), " values in rows of ", num_columns_);
  file_.writer().write_array(values);
  num_rows_ += std::ssize(values) / num_columns_;
}

void NpyWriter::publish() {
  file_.writer().overwrite(0, head(num_rows_, num_columns_));
  file_.publish();
}

}  // namespace bertforge
