#pragma once
// The ways in which WordPieceTokenizer can encode. All give the same ids.
//
// Chosen by the CPU unless a benchmark or a test says otherwise.

#include <span>
#include <string_view>

namespace bertforge {

enum class EncoderPath {
  kPlain,     // Word by word, as reference.
  kPortable,  // The fast path on any machine.
  kAvx2,
  kAvx512,
};

struct NamedEncoderPath {
  std::string_view name;
  EncoderPath path;
  bool is_supported;  // By this machine's CPU.
};

std::span<const NamedEncoderPath> encoder_paths();  // The last supported one is the fastest.
EncoderPath fastest_encoder_path();

}  // namespace bertforge
