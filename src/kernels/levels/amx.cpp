// AVX-512 with bfloat16, and products in bfloat16 by AMX's tiles: Intel from Sapphire Rapids (2023).
#include "../amx_attention.h"
#include "../amx_gemm.h"
#include "make_table.h"
#include "tables.h"

namespace bertforge {
namespace simd {

struct AvxAmx {
  static constexpr int kLanes = 16;
};

constexpr KernelTable make_amx_table() {
  KernelTable table = make_table<AvxAmx>();
  table.of_bfloat16.gemm = amx_gemm<AvxAmx, Bfloat16>;
  table.of_bfloat16.gemm_to_float = amx_gemm<AvxAmx, float>;
  table.of_bfloat16.gemm_limits = amx_gemm_limits<AvxAmx>;
  table.of_bfloat16.attention_forward = amx_attention_forward<AvxAmx>;
  table.of_bfloat16.attention_backward = amx_attention_backward<AvxAmx>;
  return table;
}

}  // namespace simd

constexpr KernelTable kAmxKernels = simd::make_amx_table();

}  // namespace bertforge
