#include "bertforge/model/input.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>

#include "bertforge/base/error.h"
#include "device_copies.h"

namespace bertforge {
namespace {

template <class T>
at::Tensor int64_copy(const std::vector<T>& values, at::Device device) {
  auto tensor = at::empty({static_cast<std::int64_t>(values.size())}, host_options(at::kLong, device));
  std::copy(values.begin(), values.end(), tensor.data_ptr<std::int64_t>());
  return tensor;
}

// Row r of the token-major batch, for every masked token, as a row of the padded rectangle.
std::vector<std::int64_t> padded_rows(const Batch& batch, std::int64_t length) {
  std::vector<std::int64_t> rows;
  rows.reserve(batch.masked_rows.size());
  std::size_t sequence = 0;
  for (const std::int32_t row : batch.masked_rows) {
    while (row >= batch.sequence_offsets[sequence + 1]) ++sequence;
    rows.push_back(static_cast<std::int64_t>(sequence) * length + row - batch.sequence_offsets[sequence]);
  }
  return rows;
}

}  // namespace

PreTrainingBatch to_tensors(const Batch& batch, std::int64_t pad_token_id, at::Device device) {
  BERTFORGE_CHECK(batch.num_tokens() > 0, "an empty batch has no tensors");
  const std::int64_t num_sequences = batch.num_sequences(), length = batch.max_length();
  const std::array shape = {num_sequences, length};
  auto ids = at::full(shape, pad_token_id, host_options(at::kLong, device));
  auto types = at::zeros(shape, host_options(at::kLong, device));
  auto mask = at::zeros(shape, host_options(at::kBool, device));
  for (std::int64_t b = 0; b < num_sequences; ++b) {
    const std::int64_t begin = batch.sequence_offsets[b], count = batch.sequence_offsets[b + 1] - begin;
    std::copy_n(batch.token_ids.begin() + begin, count, ids.data_ptr<std::int64_t>() + b * length);
    std::fill(types.data_ptr<std::int64_t>() + b * length + batch.segment_boundaries[b],
              types.data_ptr<std::int64_t>() + b * length + count, 1);
    std::fill_n(mask.data_ptr<bool>() + b * length, count, true);
  }
  const bool is_padded = num_sequences * length != batch.num_tokens();

  const auto copies =
      copied_to(device, {ids, types, is_padded ? mask : at::Tensor(), int64_copy(padded_rows(batch, length), device),
                         int64_copy(batch.masked_labels, device), int64_copy(batch.is_random_next, device)});
  PreTrainingBatch tensors;
  tensors.input = {copies[0], copies[1], copies[2]};
  tensors.targets = {copies[3], copies[4], copies[5]};
  tensors.first_example = batch.first_example;
  tensors.num_tokens = batch.num_tokens();
  return tensors;
}

}  // namespace bertforge
