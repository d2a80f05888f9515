// What every CPU of this kind runs: SSE2 on x86-64, NEON on ARM.
#include "make_table.h"
#include "tables.h"

namespace bertforge {
namespace simd {

struct Portable {
  static constexpr int kLanes = 4;
};

}  // namespace simd

constexpr KernelTable kPortableKernels = simd::make_table<simd::Portable>();

}  // namespace bertforge
