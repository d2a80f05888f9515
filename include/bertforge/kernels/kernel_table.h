#pragma once
// The fused kernels, in one version for each set of instructions, chosen when the program starts.
//
// A kernel works on a range of rows (or elements) on the calling thread; who calls spreads ranges over threads. Where
// sums over rows come out, ranges must not depend on the number of threads, so that the sums do not (kRowsPerSum). Fed
// and eaten by model/fused_encoder.h, model/fused_prediction_loss.h and train/optimizer.h. A new level is a file of
// src/kernels/levels and a line in kernel_table.cpp.

#include <cstdint>
#include <string>
#include <vector>

#include "bertforge/kernels/adamw.h"
#include "bertforge/kernels/attention.h"
#include "bertforge/kernels/bias_activation.h"
#include "bertforge/kernels/cross_entropy.h"
#include "bertforge/kernels/embedding_layer_norm.h"
#include "bertforge/kernels/gemm.h"
#include "bertforge/kernels/residual_layer_norm.h"

namespace bertforge {

// Rows whose sums are made together: partial sums of this many are added in order.
constexpr std::int64_t kRowsPerSum = 64;

// Kernels over elements of type T, float or Bfloat16.
template <class T>
struct TypedKernels {
  void (*residual_layer_norm_forward)(const ResidualLayerNormForward<T>&, std::int64_t begin, std::int64_t end);
  void (*residual_layer_norm_backward)(const ResidualLayerNormBackward<T>&, std::int64_t begin, std::int64_t end);
  void (*embedding_layer_norm_forward)(const EmbeddingLayerNormForward<T>&, std::int64_t begin, std::int64_t end);
  void (*embedding_layer_norm_backward)(const EmbeddingLayerNormBackward<T>&, std::int64_t begin, std::int64_t end);
  void (*bias_activation_forward)(const BiasActivationForward<T>&, std::int64_t begin, std::int64_t end);
  void (*bias_activation_backward)(const BiasActivationBackward<T>&, std::int64_t begin, std::int64_t end);
  void (*attention_forward)(const AttentionForward<T>&);
  void (*attention_backward)(const AttentionBackward<T>&);
  void (*cross_entropy)(const CrossEntropy<T>&, std::int64_t begin, std::int64_t end);
  // Adds the sums over the rows of x [num_rows, size] to `sums` [size].
  void (*add_column_sums)(const T* x, std::int64_t num_rows, std::int64_t size, float* sums);
  // A block of a product, as gemm_grid() cuts it; `scratch` has gemm_scratch_size() floats, aligned to 64 bytes.
  void (*gemm)(const Gemm<T, T>&, const GemmBlock& block, float* scratch);
  void (*gemm_to_float)(const Gemm<T, float>&, const GemmBlock& block, float* scratch);
  GemmLimits (*gemm_limits)(std::int64_t depth);  // Of blocks of products over `depth`, K.
};

struct KernelTable {
  TypedKernels<float> of_float;
  TypedKernels<Bfloat16> of_bfloat16;
  void (*adamw)(const AdamWStep&, std::int64_t begin, std::int64_t end);
  double (*sum_of_squares)(const float* values, std::int64_t begin, std::int64_t end);
  // Bit i of `bits` [bit_words(length)] is dropout_keeps(..., i, ...); the bits behind the last are 0.
  void (*dropout_bits)(const DropoutRule& rule, std::uint32_t example, std::uint32_t row, std::int64_t length,
                       std::uint64_t* bits);

  template <class T>
  const TypedKernels<T>& of() const;
};
template <>
inline const TypedKernels<float>& KernelTable::of<float>() const {
  return of_float;
}
template <>
inline const TypedKernels<Bfloat16>& KernelTable::of<Bfloat16>() const {
  return of_bfloat16;
}

// A row of the table of levels, the best last.
struct KernelLevel {
  std::string name;                       // "avx2"
  std::vector<std::string> cpu_features;  // That it needs, as base/cpu.h names them.
  const KernelTable* table;
  bool (*request)() = nullptr;  // Asks the system for leave; null: none is needed.
};

const std::vector<KernelLevel>& kernel_levels();
std::vector<const KernelLevel*> supported_kernel_levels();  // Those this CPU runs; never empty.

// The level of that name, "auto" being the best one that this CPU runs. Error(kUsage) on an unknown one and on
// one that it lacks; the message opens with `origin`, who asks.
const KernelLevel& find_kernel_level(const std::string& name, const std::string& origin = "kernels");

// Whether TypedKernels<T>::gemm is what to multiply with on this CPU, or LibTorch's own product is faster. Measured:
// ours on an AMD EPYC with AVX2 in float32, and with AMX in bfloat16 (the encoder's products of a step of the mini model
// on an Intel Xeon: 135 ms by LibTorch's, 114 by our first version in the same minutes, 50 to 100 since). Taken to be
// so: MKL in float32 on Intel, and oneDNN in bfloat16 at "avx512_bf16", are faster than ours; "portable" has no fast
// product.
template <class T>
bool prefers_own_gemm(const KernelTable& table);
template <>
bool prefers_own_gemm<float>(const KernelTable& table);
template <>
bool prefers_own_gemm<Bfloat16>(const KernelTable& table);

// The names that find_kernel_level() knows, "auto" first.
std::vector<std::string> kernel_level_names();

}  // namespace bertforge
