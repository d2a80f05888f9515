#pragma once
// The levels that are compiled for this kind of CPU.

#include "bertforge/kernels/kernel_table.h"

namespace bertforge {

extern const KernelTable kPortableKernels;  // Vectors of four floats, with what every CPU of the kind has.
#ifdef __x86_64__
extern const KernelTable kAvx2Kernels;
extern const KernelTable kAvx512Kernels;
extern const KernelTable kAvx512Bf16Kernels;
extern const KernelTable kAmxKernels;
#endif

}  // namespace bertforge
