#pragma once
// The table of compressions: how a file of each begins, and what decodes it. The libraries' headers stay in decoders.cpp.

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace bertforge {

class Decoder {
 public:
  Decoder() = default;
  virtual ~Decoder() = default;
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  // Decodes from the front of `input` to the front of `output`, and takes off both what it used; `input` may be empty: the decoder
  // may hold what had no room before. True: the stream has ended. Error(kInput) where it is damaged.
  virtual bool decode(std::string_view& input, std::span<char>& output) = 0;
};

struct Compression {
  std::string_view name;
  std::string_view signature;  // Its first bytes; '?' stands for any.
  std::unique_ptr<Decoder> (*make)(const std::string& input_name);
};

std::span<const Compression> compressions();

}  // namespace bertforge
