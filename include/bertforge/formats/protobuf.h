#pragma once
// Protocol buffers' wire format: the fields of a message read one after the other, and appended.
//
// Fed by bytes of other people's files, so every length is checked before it is believed; a message inside a field is read by
// a reader of its own. Source: https://protobuf.dev/programming-guides/encoding.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bertforge {

struct ProtobufField {
  enum class Type : std::uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

  std::uint32_t number = 0;
  Type type = Type::kVarint;
  std::uint64_t value = 0;       // Of a varint or a fixed number.
  std::string_view bytes;        // Of kBytes: a string or a message; a view into what is read.
  std::size_t value_offset = 0;  // Where the value begins in what is read.

  float as_float() const;  // Of a kFixed32.
};

class ProtobufReader {
 public:
  // `origin` names the file in messages. Keeps views of both.
  ProtobufReader(std::string_view message, const std::string& origin) : message_(message), origin_(origin) {}

  // The next field; false at the end. Error(kInput) where the bytes are no message.
  bool next(ProtobufField& field);

 private:
  std::uint64_t read_varint();
  std::uint64_t read_fixed(std::size_t num_bytes);
  [[noreturn]] void fail_at(std::size_t offset, std::string_view found) const;

  std::string_view message_;
  const std::string& origin_;
  std::size_t position_ = 0;
};

// Appends a number of seven bits a byte.
void append_varint(std::string& message, std::uint64_t value);

// Appends a field: a whole number, a float or double as it is, or bytes (a string, a message or packed numbers).
void append_varint_field(std::string& message, std::uint32_t number, std::uint64_t value);
void append_fixed_field(std::string& message, std::uint32_t number, float value);
void append_fixed_field(std::string& message, std::uint32_t number, double value);
void append_bytes_field(std::string& message, std::uint32_t number, std::string_view bytes);

}  // namespace bertforge
