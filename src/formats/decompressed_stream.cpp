#include "bertforge/formats/decompressed_stream.h"

#include <algorithm>
#include <utility>

#include "bertforge/base/error.h"
#include "decoders.h"

namespace bertforge {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 18;

// Whether `beginning` and `signature` are equal as far as both go.
bool agree(std::string_view beginning, std::string_view signature) {
  const std::size_t size = std::min(beginning.size(), signature.size());
  return std::equal(signature.begin(), signature.begin() + static_cast<std::ptrdiff_t>(size), beginning.begin(),
                    [](char wanted, char found) { return wanted == '?' || wanted == found; });
}

}  // namespace

bool is_compressed(const std::string& path) { return DecompressedStream(path).is_compressed(); }

DecompressedStream::DecompressedStream(const std::string& path, ByteRange range)
    : input_(path, range), looked_(range.begin > 0) {}
DecompressedStream::~DecompressedStream() = default;

bool DecompressedStream::has_more() const { return compression_ != nullptr || !pending_.empty() || input_.has_more(); }

// A pipe may give less than a signature at first. More is waited for only while what came could be the beginning of one.
void DecompressedStream::look_at_beginning() {
  looked_ = true;
  constexpr std::size_t kLongest = 16;
  buffer_.resize(kLongest);
  std::size_t size = 0;
  const auto beginning = [&] { return std::string_view(buffer_.data(), size); };
  const auto is_open = [&](const Compression& compression) {
    return agree(beginning(), compression.signature) && size < compression.signature.size();
  };
  do {
    const std::size_t num_read = input_.read(buffer_.data() + size, kLongest - size);
    num_bytes_read_ += num_read;
    size += num_read;
    if (num_read == 0) break;
  } while (std::ranges::any_of(compressions(), is_open));
  pending_ = beginning();
  for (const Compression& compression : compressions()) {
    if (size >= compression.signature.size() && agree(pending_, compression.signature)) compression_ = &compression;
  }
}

bool DecompressedStream::is_compressed() {
  if (!looked_) look_at_beginning();
  return compression_ != nullptr;
}

std::size_t DecompressedStream::read(char* data, std::size_t room) {
  return is_compressed() ? read_compressed(data, room) : read_plain(data, room);
}

std::size_t DecompressedStream::read_plain(char* data, std::size_t room) {
  if (!pending_.empty()) {
    const std::size_t size = pending_.copy(data, room);
    pending_.remove_prefix(size);
    return size;
  }
  const std::size_t num_read = input_.read(data, room);
  num_bytes_read_ += num_read;
  return num_read;
}

// False at the end of the file. REQUIRES: nothing is pending.
bool DecompressedStream::refill() {
  buffer_.resize(kBufferBytes);
  const std::size_t num_read = input_.read(buffer_.data(), buffer_.size());
  num_bytes_read_ += num_read;
  pending_ = {buffer_.data(), num_read};
  return num_read > 0;
}

// False where the file has no further stream. Zeros between streams are padding.
bool DecompressedStream::begin_stream() {
  do {
    pending_.remove_prefix(std::min(pending_.find_first_not_of('\0'), pending_.size()));
  } while (pending_.empty() && refill());
  if (!pending_.empty()) decoder_ = compression_->make(name());
  return decoder_ != nullptr;
}

std::size_t DecompressedStream::read_compressed(char* data, std::size_t room) {
  std::span<char> output(data, room);
  while (decoder_ != nullptr || begin_stream()) {
    if (decoder_->decode(pending_, output)) decoder_ = nullptr;
    if (output.size() < room) return room - output.size();
    if (decoder_ != nullptr && pending_.empty() && !refill()) {
      fail(ErrorKind::kInput, name(), " ends in the middle of its ", compression_->name, " data, after ",
           num_bytes_read_, " bytes: the file is cut short");
    }
  }
  return 0;
}

}  // namespace bertforge
