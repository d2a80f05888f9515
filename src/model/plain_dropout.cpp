// Dropout's rule (kernels/dropout.h) in ATen operations: the mask is made on the device that the tensor is on, so that
// nothing is copied there and nobody waits for it.

#include <ATen/ATen.h>

#include <array>

#include "bertforge/model/ops.h"

namespace bertforge {
namespace {

constexpr std::int64_t kLowWord = 0xffffffff;
// As kernels/dropout.h deals elements out: groups of 128, 16 blocks side by side with 8 values of 16 bits each.
constexpr std::int64_t kLanes = 16, kParts = 8, kGroup = kLanes * kParts;

using PhiloxTensors = std::array<at::Tensor, 4>;  // Of int64 that hold 32 bits

at::Tensor low_word(const at::Tensor& product) { return product.bitwise_and(kLowWord); }

// Products of two words fill all 64 bits, the sign too: what a shift brings in from there is cut off.
at::Tensor high_word(const at::Tensor& product) { return product.bitwise_right_shift(32).bitwise_and(kLowWord); }

// philox4x32() of base/random.h. The words broadcast against one another.
PhiloxTensors philox(PhiloxTensors counter, std::uint64_t key) {
  auto key0 = static_cast<std::uint32_t>(key), key1 = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round, key0 += 0x9E3779B9, key1 += 0xBB67AE85) {
    const auto a = counter[0].mul(std::int64_t{0xD2511F53}), b = counter[2].mul(std::int64_t{0xCD9E8D57});
    counter = {high_word(b).bitwise_xor(counter[1]).bitwise_xor(std::int64_t{key0}), low_word(b),
               high_word(a).bitwise_xor(counter[3]).bitwise_xor(std::int64_t{key1}), low_word(a)};
  }
  return counter;
}

// The rows of one sequence as the rule names them, [1, R, 1]: positions, or attention_row() of heads and queries.
at::Tensor row_ids(const at::Tensor& x, const at::TensorOptions& options) {
  const auto rows = at::arange(x.size(-2), options);
  if (x.dim() == 3) return rows.view({1, -1, 1});
  return at::arange(x.size(1), options).bitwise_left_shift(16).unsqueeze(1).add(rows).view({1, -1, 1});
}

// Which elements of x are kept, in its shape.
at::Tensor keeps(const at::Tensor& x, double probability, const DropoutKey& key, std::int64_t first_example) {
  const auto options = at::TensorOptions().dtype(at::kLong).device(x.device());
  const std::int64_t num_sequences = x.size(0), length = x.size(-1);
  const std::int64_t num_groups = (length + kGroup - 1) / kGroup;
  const std::int64_t layer_and_site = (std::int64_t{key.layer} << 8) | static_cast<std::int64_t>(key.site);
  const auto examples = at::arange(first_example, first_example + num_sequences, options).view({-1, 1, 1});
  const PhiloxTensors words = philox({at::arange(num_groups * kLanes, options).view({1, 1, -1}), row_ids(x, options),
                                      examples, at::full({1, 1, 1}, layer_and_site, options)},
                                     key.key);
  const auto threshold = static_cast<std::int64_t>(quantized_dropout_probability(probability) * 65536.0);
  std::vector<at::Tensor> parts;  // kParts of [B, R, groups, lanes]
  for (const at::Tensor& word : words) {
    for (const int shift : {0, 16}) {
      const auto values = word.bitwise_right_shift(shift).bitwise_and(0xffff);
      parts.push_back(values.ge(threshold).unflatten(2, {num_groups, kLanes}));
    }
  }
  return at::stack(parts, 3).flatten(2).narrow(2, 0, length).reshape(x.sizes());
}

}  // namespace

at::Tensor plain_dropout(const at::Tensor& x, double probability, const DropoutKey& key, std::int64_t first_example) {
  const auto wide = x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  const float scale = DropoutRule{key, probability}.keep_scale();
  return x.mul(keeps(x, probability, key, first_example)).to(wide).mul_(scale).to(x.scalar_type());
}

}  // namespace bertforge
