#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "bertforge/base/error.h"
#include "bertforge/formats/json.h"
#include "bertforge/formats/safetensors.h"
#include "safetensors_dtypes.h"

namespace bertforge {
namespace {

using nlohmann::json;

constexpr std::uint64_t kMaxHeaderSize = 100'000'000;  // The reference implementation's limit.

template <class... Parts>
[[noreturn]] void fail_file(const MappedFile& file, const Parts&... parts) {
  fail(ErrorKind::kInput, file.path().string(), " is no sound safetensors file: ", parts...);
}

// The JSON text, of a length that fits the file.
std::string_view header_text(const MappedFile& file) {
  const std::string_view bytes = file.text();
  std::uint64_t size = 0;
  if (bytes.size() < sizeof size)
    fail_file(file, "it has ", bytes.size(), " bytes, fewer than the 8 of its header's length");
  std::memcpy(&size, bytes.data(), sizeof size);
  if (size > kMaxHeaderSize)
    fail_file(file, "its header claims ", size, " bytes; at most ", kMaxHeaderSize, " are allowed");
  if (size > bytes.size() - sizeof size)
    fail_file(file, "its header claims ", size, " bytes, and the file has ", bytes.size());
  if (size == 0 || bytes[sizeof size] != '{') fail_file(file, "its header does not start with {");
  return bytes.substr(sizeof size, size);
}

// nlohmann-json keeps the last of two equal keys; a reader that keeps the first would see another file.
json parse_header(const MappedFile& file) {
  std::vector<std::set<std::string>> keys;  // Of the objects that are open.
  std::string duplicate;
  const auto watch = [&](int, json::parse_event_t event, json& value) {
    if (event == json::parse_event_t::object_start) keys.emplace_back();
    if (event == json::parse_event_t::object_end) keys.pop_back();
    if (event == json::parse_event_t::key && !keys.back().insert(value.get<std::string>()).second) {
      duplicate = value.get<std::string>();
    }
    return true;
  };
  json header;
  try {
    header = json::parse(header_text(file), watch);
  } catch (const json::exception& error) {
    fail_file(file, "its header is no JSON: ", json_reason(error));
  }
  if (!duplicate.empty()) fail_file(file, "the key \"", duplicate, "\" stands there twice");
  return header;
}

std::map<std::string, std::string> parse_metadata(const MappedFile& file, const json& entry) {
  if (!entry.is_object()) fail_file(file, "__metadata__ is no object");
  std::map<std::string, std::string> metadata;
  for (const auto& [key, value] : entry.items()) {
    if (!value.is_string()) fail_file(file, "__metadata__ holds \"", key, "\", which is no text");
    metadata[key] = value.get<std::string>();
  }
  return metadata;
}

// Reads and checks one tensor of the header.
class TensorParser {
 public:
  TensorParser(const MappedFile& file, const std::string& name, const json& entry)
      : file_(file), name_(name), entry_(entry) {
    if (!entry.is_object()) fail_tensor("is no object");
  }

  // `data`: the part of the file behind the header.
  TensorView parse(std::span<const std::byte> data) const {
    TensorView tensor;
    tensor.name = name_;
    tensor.dtype = dtype();
    for (const std::uint64_t size : numbers("shape")) tensor.shape.push_back(static_cast<std::int64_t>(size));
    const auto offsets = numbers("data_offsets");
    if (offsets.size() != 2 || offsets[0] > offsets[1]) fail_tensor("has data_offsets that are not [begin, end]");
    if (offsets[1] > data.size()) fail_tensor("ends at byte ", offsets[1], " of ", data.size());
    const std::uint64_t needed = num_bytes(tensor);
    if (offsets[1] - offsets[0] != needed) {
      fail_tensor("has ", offsets[1] - offsets[0], " bytes, and its shape needs ", needed);
    }
    tensor.data = data.subspan(offsets[0], needed);
    return tensor;
  }

 private:
  template <class... Parts>
  [[noreturn]] void fail_tensor(const Parts&... parts) const {
    fail_file(file_, "tensor \"", name_, "\" ", parts...);
  }

  DType dtype() const {
    const auto found = entry_.find("dtype");
    if (found == entry_.end() || !found->is_string()) fail_tensor("has no dtype");
    const auto dtype = dtype_of(found->get<std::string>());
    if (!dtype) fail_tensor("has dtype \"", found->get<std::string>(), "\", which is not supported");
    return *dtype;
  }

  // A list of whole numbers from 0 to the largest that a signed 64-bit number holds.
  std::vector<std::uint64_t> numbers(const char* key) const {
    const auto found = entry_.find(key);
    if (found == entry_.end() || !found->is_array()) fail_tensor("has no list ", key);
    std::vector<std::uint64_t> values;
    for (const json& value : *found) {
      if (!value.is_number_unsigned() || value.get<std::uint64_t>() >> 63 != 0) {
        fail_tensor("has ", value.is_number() ? dump_json_line(value) : value.type_name(), " in its ", key,
                    "; it must be a count");
      }
      values.push_back(value.get<std::uint64_t>());
    }
    return values;
  }

  std::uint64_t num_bytes(const TensorView& tensor) const {
    std::uint64_t bytes = dtype_size(tensor.dtype);
    for (const std::int64_t size : tensor.shape) {
      if (__builtin_mul_overflow(bytes, static_cast<std::uint64_t>(size), &bytes) || bytes >> 63 != 0)
        fail_tensor("has a shape beyond all memory");
    }
    return bytes;
  }

  const MappedFile& file_;
  const std::string& name_;
  const json& entry_;
};

// Every byte of `data` belongs to one tensor. Sorts the tensors by where they lie.
void check_no_holes(const MappedFile& file, std::span<const std::byte> data, std::vector<TensorView>& tensors) {
  std::stable_sort(tensors.begin(), tensors.end(), [](const TensorView& a, const TensorView& b) {
    return std::pair(a.data.data(), a.data.size()) < std::pair(b.data.data(), b.data.size());
  });
  const std::byte* end = data.data();
  for (const TensorView& tensor : tensors) {
    if (tensor.data.data() < end) fail_file(file, "tensor \"", tensor.name, "\" overlaps the one before it");
    if (tensor.data.data() > end) fail_file(file, "there is a hole before tensor \"", tensor.name, "\"");
    end += tensor.data.size();
  }
  const auto num_left = data.data() + data.size() - end;
  if (num_left != 0) fail_file(file, num_left, " bytes at its end belong to no tensor");
}

}  // namespace

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path) : file_(path) {
  const json header = parse_header(file_);
  const auto data = file_.bytes().subspan(sizeof(std::uint64_t) + header_text(file_).size());
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") {
      metadata_ = parse_metadata(file_, entry);
    } else {
      tensors_.push_back(TensorParser(file_, name, entry).parse(data));
    }
  }
  check_no_holes(file_, data, tensors_);
  for (std::size_t i = 0; i < tensors_.size(); ++i) index_[tensors_[i].name] = i;
}

const TensorView* SafetensorsFile::find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &tensors_[found->second];
}

const TensorView& SafetensorsFile::get(std::string_view name) const {
  const TensorView* tensor = find(name);
  if (tensor == nullptr) fail(ErrorKind::kInput, path().string(), ": there is no tensor \"", name, "\"");
  return *tensor;
}

}  // namespace bertforge
