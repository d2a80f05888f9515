#pragma once
// Products of matrices for the fused paths, on all threads: by our own kernel, or by LibTorch where that is faster.
//
// Fed and eaten by fused_encoder and fused_prediction_loss.

#include "bertforge/kernels/kernel_table.h"
#include "fused_buffers.h"

namespace bertforge {

// T: the type of weights and activations.
template <class T>
class Products {
 public:
  Products(const KernelTable& table, bool uses_own_kernel)
      : kernels_(table.of<T>()), uses_own_kernel_(uses_own_kernel) {}
  explicit Products(const KernelTable& table) : Products(table, prefers_own_gemm<T>(table)) {}

  // c [M, N] = scale a [M, K] b [K, N]; with `accumulate` that is added to c. a and b are of T and may be transposed
  // views; c is of T or float32, its rows dense.
  void multiply(const at::Tensor& c, const at::Tensor& a, const at::Tensor& b, bool accumulate = false,
                double scale = 1);

 private:
  template <class Out>
  void multiply_by_own(const at::Tensor& c, const at::Tensor& a, const at::Tensor& b, bool accumulate, double scale,
                       void (*gemm)(const Gemm<T, Out>&, const GemmBlock&, float*));
  void multiply_by_aten(at::Tensor c, const at::Tensor& a, const at::Tensor& b, bool accumulate, double scale);

  const TypedKernels<T>& kernels_;
  const bool uses_own_kernel_;
  Buffer scratch_, product_;
};

}  // namespace bertforge
