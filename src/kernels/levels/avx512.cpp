// AVX-512 F, BW, DQ and VL: Intel from Skylake-SP (2017), AMD from Zen 4 (2022).
#include "make_table.h"
#include "tables.h"

namespace bertforge {
namespace simd {

struct Avx512 {
  static constexpr int kLanes = 16;
};

}  // namespace simd

constexpr KernelTable kAvx512Kernels = simd::make_table<simd::Avx512>();

}  // namespace bertforge
