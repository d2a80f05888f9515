#include <algorithm>
#include <array>
#include <bit>
#include <nlohmann/json.hpp>

#include "bertforge/base/error.h"
#include "bertforge/formats/safetensors.h"
#include "safetensors_dtypes.h"

namespace bertforge {
namespace {

static_assert(std::endian::native == std::endian::little, "the file's byte order is taken for the machine's");

struct DTypeInfo {
  std::string_view name;
  std::size_t size;
};

// By the value of DType.
constexpr std::array kDTypes = {DTypeInfo{"BOOL", 1}, DTypeInfo{"U8", 1},   DTypeInfo{"I8", 1},  DTypeInfo{"I16", 2},
                                DTypeInfo{"F16", 2},  DTypeInfo{"BF16", 2}, DTypeInfo{"I32", 4}, DTypeInfo{"F32", 4},
                                DTypeInfo{"F64", 8},  DTypeInfo{"I64", 8}};

std::vector<const TensorView*> in_file_order(std::span<const TensorView> tensors) {
  std::vector<const TensorView*> order;
  for (const TensorView& tensor : tensors) order.push_back(&tensor);
  std::sort(order.begin(), order.end(), [](const TensorView* a, const TensorView* b) {
    return a->dtype != b->dtype ? a->dtype > b->dtype : a->name < b->name;
  });
  return order;
}

std::string header_json(std::span<const TensorView* const> tensors,
                        const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json header;
  header["__metadata__"] = metadata;
  std::size_t offset = 0;
  for (const TensorView* tensor : tensors) {
    BERTFORGE_CHECK(!header.contains(tensor->name), "two tensors are called ", tensor->name);
    const std::size_t needed = static_cast<std::size_t>(tensor->num_elements()) * dtype_size(tensor->dtype);
    BERTFORGE_CHECK(tensor->data.size() == needed, tensor->name, " has ", tensor->data.size(), " bytes, not ", needed);
    header[tensor->name] = {
        {"dtype", dtype_name(tensor->dtype)}, {"shape", tensor->shape}, {"data_offsets", {offset, offset + needed}}};
    offset += needed;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

}  // namespace

std::string_view dtype_name(DType dtype) { return kDTypes.at(static_cast<std::size_t>(dtype)).name; }

std::size_t dtype_size(DType dtype) { return kDTypes.at(static_cast<std::size_t>(dtype)).size; }

std::optional<DType> dtype_of(std::string_view name) {
  for (std::size_t i = 0; i < kDTypes.size(); ++i) {
    if (kDTypes[i].name == name) return static_cast<DType>(i);
  }
  return std::nullopt;
}

std::int64_t TensorView::num_elements() const {
  std::int64_t product = 1;
  for (const std::int64_t size : shape) product *= size;
  return product;
}

void write_safetensors(const std::filesystem::path& path, std::span<const TensorView> tensors,
                       std::map<std::string, std::string> metadata) {
  metadata["format"] = "pt";
  const auto order = in_file_order(tensors);
  const std::string header = header_json(order, metadata);
  const std::uint64_t header_size = header.size();

  FileWriter writer(path);
  writer.write(&header_size, sizeof header_size);
  writer.write(header);
  for (const TensorView* tensor : order) writer.write_array(tensor->data);
  writer.close();
}

}  // namespace bertforge
