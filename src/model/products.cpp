#include "products.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "bertforge/base/error.h"
#include "bertforge/model/parallel_parts.h"

namespace bertforge {
namespace {

template <class T>
MatrixView<T> view_of(const at::Tensor& matrix) {
  return {static_cast<const T*>(matrix.const_data_ptr()), matrix.stride(0), matrix.stride(1)};
}

}  // namespace

template <class T>
void Products<T>::multiply(const at::Tensor& c, const at::Tensor& a, const at::Tensor& b, bool accumulate,
                           double scale) {
  BERTFORGE_CHECK(a.scalar_type() == kTypeOf<T> && b.scalar_type() == kTypeOf<T>, "made for another type");
  BERTFORGE_CHECK(a.size(1) == b.size(0) && c.size(0) == a.size(0) && c.size(1) == b.size(1), "shapes that do not fit");
  if (!uses_own_kernel_ || a.size(1) == 0) {
    multiply_by_aten(c, a, b, accumulate, scale);
  } else if (c.scalar_type() == kTypeOf<T>) {
    multiply_by_own(c, a, b, accumulate, scale, kernels_.gemm);
  } else {
    multiply_by_own(c, a, b, accumulate, scale, kernels_.gemm_to_float);
  }
}

template <class T>
template <class Out>
void Products<T>::multiply_by_own(const at::Tensor& c, const at::Tensor& a, const at::Tensor& b, bool accumulate,
                                  double scale, void (*gemm)(const Gemm<T, Out>&, const GemmBlock&, float*)) {
  BERTFORGE_CHECK(c.scalar_type() == kTypeOf<Out> && c.stride(1) == 1, "a product goes to dense rows of its type");
  const Gemm<T, Out> whole = {.rows = c.size(0),
                              .columns = c.size(1),
                              .depth = a.size(1),
                              .a = view_of<T>(a),
                              .b = view_of<T>(b),
                              .c = static_cast<Out*>(c.data_ptr()),
                              .c_stride = c.stride(0),
                              .accumulate = accumulate,
                              .scale = static_cast<float>(scale)};
  const GemmGrid grid = gemm_grid(whole.rows, whole.columns, at::get_num_threads(), kernels_.gemm_limits(whole.depth));
  float* const scratch = scratch_.floats(grid.scratch_size() * at::get_num_threads());
  for_each_part(grid.size(), 1, [&](std::int64_t i, std::int64_t) {
    gemm(whole, grid.block(i), scratch + grid.scratch_size() * at::get_thread_num());
  });
}

template <class T>
void Products<T>::multiply_by_aten(at::Tensor c, const at::Tensor& a, const at::Tensor& b, bool accumulate,
                                   double scale) {
  if (c.scalar_type() == a.scalar_type()) {
    at::addmm_out(c, c, a, b, accumulate ? 1 : 0, scale);
    return;
  }
  at::Tensor product = product_.get(c.sizes(), a.scalar_type());
  at::mm_out(product, a, b);
  if (!accumulate) c.zero_();
  c.add_(product, scale);
}

template class Products<float>;
template class Products<Bfloat16>;

}  // namespace bertforge
