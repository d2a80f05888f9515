#pragma once
// Safetensors: named arrays in one file, as Hugging Face's checkpoints have them.
//
//   8 bytes N, little-endian | N bytes of JSON, padded with spaces to a multiple of 8 | the arrays, row-major,
//   little-endian, without holes. JSON: {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}, ...}
//
// Fed by checkpoint/ and huggingface/, and by files of other people, which are believed only after every size was
// checked.
// Source: github.com/huggingface/safetensors.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bertforge/base/files.h"

namespace bertforge {

// In the order of the reference implementation, by which files are sorted.
enum class DType { BOOL, U8, I8, I16, F16, BF16, I32, F32, F64, I64 };

std::string_view dtype_name(DType dtype);  // "BF16"
std::size_t dtype_size(DType dtype);       // Bytes of one element.

// An array that lies elsewhere: in a mapped file, or in the memory of a tensor.
struct TensorView {
  std::string name;
  DType dtype = DType::F32;
  std::vector<std::int64_t> shape;  // Empty: a scalar.
  std::span<const std::byte> data;  // Of files by others perhaps not aligned for its dtype: copy, do not cast.

  std::int64_t num_elements() const;
};

// A file mapped for reading; its views live as long as it does.
class SafetensorsFile {
 public:
  // Error(kInput) names the file and the tensor where anything in it does not agree.
  explicit SafetensorsFile(const std::filesystem::path& path);

  const std::vector<TensorView>& tensors() const { return tensors_; }  // In the order of their data.
  const TensorView* find(std::string_view name) const;                 // nullptr where there is none.
  const TensorView& get(std::string_view name) const;                  // Error(kInput) where there is none.
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  const std::filesystem::path& path() const { return file_.path(); }

 private:
  MappedFile file_;
  std::vector<TensorView> tensors_;
  std::map<std::string, std::size_t, std::less<>> index_;
  std::map<std::string, std::string> metadata_;
};

// Writes the tensors, sorted as the reference does (wide dtypes first, then by name), and flushes them to disk.
// `metadata` gets {"format": "pt"}, without which transformers refuses a file. REQUIRES: names are unique, data fits the shape.
void write_safetensors(const std::filesystem::path& path, std::span<const TensorView> tensors,
                       std::map<std::string, std::string> metadata = {});

}  // namespace bertforge
