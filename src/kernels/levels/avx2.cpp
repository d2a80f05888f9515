// AVX2 and FMA: Intel from Haswell (2013), AMD from Zen (2017).
#include "make_table.h"
#include "tables.h"

namespace bertforge {
namespace simd {

struct Avx2 {
  static constexpr int kLanes = 8;
};

}  // namespace simd

constexpr KernelTable kAvx2Kernels = simd::make_table<simd::Avx2>();

}  // namespace bertforge
