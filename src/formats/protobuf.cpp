#include "bertforge/formats/protobuf.h"

#include <bit>

#include "bertforge/base/error.h"

namespace bertforge {
namespace {

void append_tag(std::string& message, std::uint32_t number, ProtobufField::Type type) {
  append_varint(message, std::uint64_t{number} << 3 | static_cast<std::uint64_t>(type));
}

template <class T>
void append_little_endian(std::string& message, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) message += static_cast<char>(value >> (8 * i) & 0xFF);
}

}  // namespace

float ProtobufField::as_float() const { return std::bit_cast<float>(static_cast<std::uint32_t>(value)); }

void ProtobufReader::fail_at(std::size_t offset, std::string_view found) const {
  fail(ErrorKind::kInput, origin_, ": ", found, " at byte ", offset, " of a protobuf message of ", message_.size(),
       "; the file is damaged or of another kind");
}

std::uint64_t ProtobufReader::read_varint() {
  const std::size_t begin = position_;
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (position_ == message_.size()) fail_at(begin, "an unfinished number");
    const auto byte = static_cast<std::uint8_t>(message_[position_++]);
    value |= std::uint64_t{byte & 0x7Fu} << shift;
    if (byte < 0x80) return value;
  }
  fail_at(begin, "a number of more than 64 bits");
}

// Little-endian.
std::uint64_t ProtobufReader::read_fixed(std::size_t num_bytes) {
  if (message_.size() - position_ < num_bytes) fail_at(position_, "an unfinished number");
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < num_bytes; ++i) {
    value |= std::uint64_t{static_cast<std::uint8_t>(message_[position_++])} << (8 * i);
  }
  return value;
}

bool ProtobufReader::next(ProtobufField& field) {
  if (position_ == message_.size()) return false;
  const std::size_t begin = position_;
  const std::uint64_t tag = read_varint();
  field = {static_cast<std::uint32_t>(tag >> 3), static_cast<ProtobufField::Type>(tag & 7), 0, {}, position_};
  if (field.number == 0 || tag >> 32 != 0) fail_at(begin, "a field that has no number");
  switch (field.type) {
    case ProtobufField::Type::kVarint:
      field.value = read_varint();
      return true;
    case ProtobufField::Type::kFixed64:
      field.value = read_fixed(8);
      return true;
    case ProtobufField::Type::kFixed32:
      field.value = read_fixed(4);
      return true;
    case ProtobufField::Type::kBytes:
      break;
    default:
      fail_at(begin, "a field of no known type");
  }
  const std::uint64_t size = read_varint();
  if (size > message_.size() - position_) fail_at(begin, concat("a field of ", size, " bytes"));
  field.value_offset = position_;
  field.bytes = message_.substr(position_, size);
  position_ += size;
  return true;
}

void append_varint(std::string& message, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) message += static_cast<char>(value | 0x80);
  message += static_cast<char>(value);
}

void append_varint_field(std::string& message, std::uint32_t number, std::uint64_t value) {
  append_tag(message, number, ProtobufField::Type::kVarint);
  append_varint(message, value);
}

void append_fixed_field(std::string& message, std::uint32_t number, float value) {
  append_tag(message, number, ProtobufField::Type::kFixed32);
  append_little_endian(message, std::bit_cast<std::uint32_t>(value));
}

void append_fixed_field(std::string& message, std::uint32_t number, double value) {
  append_tag(message, number, ProtobufField::Type::kFixed64);
  append_little_endian(message, std::bit_cast<std::uint64_t>(value));
}

void append_bytes_field(std::string& message, std::uint32_t number, std::string_view bytes) {
  append_tag(message, number, ProtobufField::Type::kBytes);
  append_varint(message, bytes.size());
  message += bytes;
}

}  // namespace bertforge
