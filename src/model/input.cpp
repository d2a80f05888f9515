#include "bertforge/model/input.h"

#include <ATen/ATen.h>

#include "bertforge/base/error.h"

namespace bertforge {
namespace {

at::Tensor int64_tensor(at::IntArrayRef shape, std::int64_t fill) {
  return at::full(shape, fill, at::TensorOptions().dtype(at::kLong));
}

template <class T>
at::Tensor copy_as_int64(const std::vector<T>& values) {
  auto tensor = at::empty({static_cast<std::int64_t>(values.size())}, at::TensorOptions().dtype(at::kLong));
  std::copy(values.begin(), values.end(), tensor.data_ptr<std::int64_t>());
  return tensor;
}

// Row r of the token-major batch, for every masked token, as a row of the padded rectangle.
at::Tensor padded_rows(const Batch& batch, std::int64_t length) {
  std::vector<std::int64_t> rows;
  rows.reserve(batch.masked_rows.size());
  std::size_t sequence = 0;
  for (const std::int32_t row : batch.masked_rows) {
    while (row >= batch.sequence_offsets[sequence + 1]) ++sequence;
    rows.push_back(static_cast<std::int64_t>(sequence) * length + row - batch.sequence_offsets[sequence]);
  }
  return copy_as_int64(rows);
}

}  // namespace

PreTrainingBatch to_tensors(const Batch& batch, std::int64_t pad_token_id, at::Device device) {
  BERTFORGE_CHECK(batch.num_tokens() > 0, "an empty batch has no tensors");
  const std::int64_t num_sequences = batch.num_sequences(), length = batch.max_length();
  auto ids = int64_tensor({num_sequences, length}, pad_token_id);
  auto types = int64_tensor({num_sequences, length}, 0);
  auto mask = at::zeros({num_sequences, length}, at::TensorOptions().dtype(at::kBool));
  for (std::int64_t b = 0; b < num_sequences; ++b) {
    const std::int64_t begin = batch.sequence_offsets[b], count = batch.sequence_offsets[b + 1] - begin;
    std::copy_n(batch.token_ids.begin() + begin, count, ids.data_ptr<std::int64_t>() + b * length);
    std::fill(types.data_ptr<std::int64_t>() + b * length + batch.segment_boundaries[b],
              types.data_ptr<std::int64_t>() + b * length + count, 1);
    std::fill_n(mask.data_ptr<bool>() + b * length, count, true);
  }
  const bool is_padded = num_sequences * length != batch.num_tokens();

  PreTrainingBatch tensors;
  tensors.input = {ids.to(device), types.to(device), is_padded ? mask.to(device) : at::Tensor()};
  tensors.targets = {padded_rows(batch, length).to(device), copy_as_int64(batch.masked_labels).to(device),
                     copy_as_int64(batch.is_random_next).to(device)};
  tensors.first_example = batch.first_example;
  tensors.num_tokens = batch.num_tokens();
  return tensors;
}

}  // namespace bertforge
