#include "bertforge/text/encoder_path.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "bertforge/base/cpu.h"

namespace bertforge {

namespace {

bool has_all(std::initializer_list<std::string_view> features) { return std::ranges::all_of(features, cpu_has); }

}  // namespace

std::span<const NamedEncoderPath> encoder_paths() {
  static const bool has_avx2 = has_all({"avx2", "bmi1", "bmi2", "popcnt"});
  static const bool has_avx512 = has_avx2 && has_all({"avx512f", "avx512bw", "avx512vl", "avx512vbmi", "avx512_vbmi2"});
  static const std::array<NamedEncoderPath, 4> paths = {{{"plain", EncoderPath::kPlain, true},
                                                         {"portable", EncoderPath::kPortable, true},
                                                         {"avx2", EncoderPath::kAvx2, has_avx2},
                                                         {"avx512", EncoderPath::kAvx512, has_avx512}}};
  return paths;
}

EncoderPath fastest_encoder_path() {
  EncoderPath fastest = EncoderPath::kPlain;
  for (const NamedEncoderPath& entry : encoder_paths()) {
    if (entry.is_supported) fastest = entry.path;
  }
  return fastest;
}

}  // namespace bertforge
