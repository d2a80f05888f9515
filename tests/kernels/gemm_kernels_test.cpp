#include "kernel_cases.h"

namespace bertforge::testing {
namespace {

struct Case {
  std::int64_t rows, columns, depth;
  bool transposes_a = false, transposes_b = false, accumulates = false;
  std::int64_t gap = 3;  // Behind each row of C.
};

class GemmKernels : public KernelTest {
 protected:
  // C, with a gap behind each row, made block by block, against float64.
  template <class T, class Out>
  void check(const Case& c, void (*multiply)(const Gemm<T, Out>&, const GemmBlock&, float*), std::int64_t num_threads) {
    constexpr double kScale = 0.5;
    const auto a = normals<T>(c.rows * c.depth, 1), b = normals<T>(c.depth * c.columns, 2);
    const std::int64_t stride = c.columns + c.gap;
    auto product = normals<Out>(c.rows * stride - c.gap, 3);
    if (!c.accumulates) {  // What is written over may be anything.
      for (std::int64_t i = 0; i < c.rows * stride - c.gap; ++i) {
        if (i % stride < c.columns) product[i] = round_to(std::numeric_limits<double>::quiet_NaN(), Out());
      }
    }
    const Doubles before = doubles(product);

    MatrixView<T> left = {a.data(), c.depth, 1}, right = {b.data(), c.columns, 1};
    if (c.transposes_a) left = MatrixView<T>{a.data(), c.rows, 1}.transposed();
    if (c.transposes_b) right = MatrixView<T>{b.data(), c.depth, 1}.transposed();
    const Gemm<T, Out> gemm = {.rows = c.rows,
                               .columns = c.columns,
                               .depth = c.depth,
                               .a = left,
                               .b = right,
                               .c = product.data(),
                               .c_stride = stride,
                               .accumulate = c.accumulates,
                               .scale = static_cast<float>(kScale)};
    const GemmGrid grid = gemm_grid(c.rows, c.columns, num_threads, kernels<T>().gemm_limits(c.depth));
    Guarded<float> scratch(grid.scratch_size());
    for (std::int64_t i = 0; i < grid.size(); ++i) multiply(gemm, grid.block(i), scratch.data());

    Doubles expected = before;
    for (std::int64_t i = 0; i < c.rows; ++i) {
      for (std::int64_t j = 0; j < c.columns; ++j) {
        double sum = 0;
        for (std::int64_t k = 0; k < c.depth; ++k) {
          sum += static_cast<double>(to_float(left.data[i * left.row_stride + k * left.column_stride])) *
                 static_cast<double>(to_float(right.data[k * right.row_stride + j * right.column_stride]));
        }
        double& element = expected[static_cast<std::size_t>(i * stride + j)];
        element = (c.accumulates ? element : 0) + kScale * sum;
      }
    }
    expect_close(doubles(product), expected, tolerance<Out>(), "product");
  }
};

constexpr Case kCases[] = {{1, 1, 1},
                           {5, 7, 3},
                           {6, 16, 8, true},
                           {12, 32, 256, false, true, true},
                           {13, 33, 257, false, true},
                           {97, 65, 300, true, false, true},
                           {100, 70, 31, true, true},
                           {49, 130, 20, false, false, true},
                           {33, 40, 1100, true, true, true},
                           {64, 64, 1030, false, true},
                           // Rows of whole cache lines, which may go past the caches.
                           {97, 64, 40, false, true, false, 0},
                           {64, 96, 300, true, false, false, 0},
                           {32, 64, 33, false, false, true, 0}};

TEST_P(GemmKernels, AgreeWithFloat64AtOddSizes) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(::testing::Message() << c.rows << " x " << c.columns << " x " << c.depth);
    check<float>(c, kernels<float>().gemm, 1);
    check<Bfloat16>(c, kernels<Bfloat16>().gemm, 1);
    check<Bfloat16>(c, kernels<Bfloat16>().gemm_to_float, 1);
  }
}

template <class T, class Out>
void expect_same_bits(std::int64_t depth, void (*multiply)(const Gemm<T, Out>&, const GemmBlock&, float*)) {
  constexpr std::int64_t kRows = 200, kColumns = 300;
  const auto a = normals<T>(kRows * depth, 1), b = normals<T>(depth * kColumns, 2);
  std::vector<Doubles> products;
  for (const std::int64_t num_threads : {1, 3, 64}) {
    auto product = normals<Out>(kRows * kColumns, 3);
    const GemmGrid grid = gemm_grid(kRows, kColumns, num_threads);
    Guarded<float> scratch(grid.scratch_size());
    const Gemm<T, Out> gemm = {.rows = kRows,
                               .columns = kColumns,
                               .depth = depth,
                               .a = {a.data(), depth, 1},
                               .b = {b.data(), kColumns, 1},
                               .c = product.data(),
                               .c_stride = kColumns,
                               .accumulate = true,
                               .scale = 0.3f};
    for (std::int64_t i = 0; i < grid.size(); ++i) multiply(gemm, grid.block(i), scratch.data());
    products.push_back(doubles(product));
  }
  EXPECT_EQ(products[0], products[1]);
  EXPECT_EQ(products[0], products[2]);
}

TEST_P(GemmKernels, GiveTheSameBitsHoweverTheProductIsCut) {
  for (const std::int64_t depth : {200, 600}) {  // One part of K, and several.
    expect_same_bits(depth, kernels<float>().gemm);
    expect_same_bits(depth, kernels<Bfloat16>().gemm);
    expect_same_bits(depth, kernels<Bfloat16>().gemm_to_float);
  }
}

INSTANTIATE_TEST_SUITE_P(Levels, GemmKernels, ::testing::ValuesIn(supported_kernel_levels()), level_name);

TEST(GemmGrid, CoversEveryElementOnceInBlocksOfItsSize) {
  for (const std::int64_t num_threads : {1, 2, 7, 128}) {
    for (const auto& [rows, columns] :
         {std::pair<std::int64_t, std::int64_t>{1, 1}, {769, 30}, {50, 1025}, {800, 900}}) {
      const GemmGrid grid = gemm_grid(rows, columns, num_threads);
      std::vector<int> counts(static_cast<std::size_t>(rows * columns), 0);
      for (std::int64_t i = 0; i < grid.size(); ++i) {
        const GemmBlock block = grid.block(i);
        EXPECT_LE(block.rows(), grid.block_rows);
        EXPECT_LE(block.columns(), grid.block_columns);
        for (std::int64_t r = block.row_begin; r < block.row_end; ++r) {
          for (std::int64_t c = block.column_begin; c < block.column_end; ++c) {
            ++counts[static_cast<std::size_t>(r * columns + c)];
          }
        }
      }
      EXPECT_EQ(std::ranges::count(counts, 1), std::ssize(counts)) << rows << " x " << columns;
    }
  }
}

TEST(GemmGrid, HasNoBlockAboveTheLimits) {
  const GemmGrid grid = gemm_grid(5000, 3000, 1, {.rows = 384, .columns = 256});
  EXPECT_LE(grid.block_rows, 384);
  EXPECT_LE(grid.block_columns, 256);
}

TEST(GemmGrid, GivesEveryThreadWorkWhereThereIsEnough) {
  EXPECT_GE(gemm_grid(4096, 256, 2).size(), 4);
  EXPECT_GE(gemm_grid(4096, 1024, 32).size(), 64);
}

TEST(GemmGrid, CutsIntoBlocksOfLikeSize) {
  for (const auto& [rows, columns] :
       {std::pair<std::int64_t, std::int64_t>{4096, 768}, {4096, 256}, {2500, 256}, {768, 768}}) {
    const GemmGrid grid = gemm_grid(rows, columns, 2);
    std::int64_t largest = 0;
    for (std::int64_t i = 0; i < grid.size(); ++i) {
      largest = std::max(largest, grid.block(i).rows() * grid.block(i).columns());
    }
    EXPECT_LT(static_cast<double>(largest * grid.size()), 1.2 * static_cast<double>(rows * columns))
        << rows << " x " << columns;
  }
}

}  // namespace
}  // namespace bertforge::testing
