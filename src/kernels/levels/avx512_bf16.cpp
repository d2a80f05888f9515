// AVX-512 with bfloat16 conversions: Intel from Cooper Lake (2020), AMD from Zen 4 (2022).
#include "make_table.h"
#include "tables.h"

namespace bertforge {
namespace simd {

struct Avx512Bf16 {
  static constexpr int kLanes = 16;
};

}  // namespace simd

constexpr KernelTable kAvx512Bf16Kernels = simd::make_table<simd::Avx512Bf16>();

}  // namespace bertforge
