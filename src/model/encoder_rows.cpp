#include "encoder_rows.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "bertforge/base/error.h"

namespace bertforge {

std::int64_t EncoderRows::longest() const {
  std::int64_t longest = 0;
  for (std::size_t b = 1; b < offsets.size(); ++b) longest = std::max(longest, offsets[b] - offsets[b - 1]);
  return longest;
}

at::Tensor EncoderRows::gather(const at::Tensor& batch) const {
  const auto rows = batch.reshape({num_sequences * length, batch.size(-1)});
  return places_in_batch.defined() ? rows.index_select(0, places_in_batch) : rows.contiguous();
}

at::Tensor EncoderRows::scatter(const at::Tensor& rows) const {
  if (!places_in_batch.defined()) return rows.view({num_sequences, length, rows.size(-1)}).clone();
  auto batch = at::zeros({num_sequences * length, rows.size(-1)}, rows.options());
  batch.index_copy_(0, places_in_batch, rows);
  return batch.view({num_sequences, length, rows.size(-1)});
}

at::Tensor EncoderRows::find(const at::Tensor& rows_of_batch) const {
  std::vector<std::int64_t> row_at(static_cast<std::size_t>(num_sequences * length), -1);
  std::int64_t row = 0;
  for (std::size_t b = 0; b < static_cast<std::size_t>(num_sequences); ++b) {
    for (std::int64_t t = 0; row < offsets[b + 1]; ++t) row_at[b * static_cast<std::size_t>(length) + t] = row++;
  }
  const at::Tensor all_wanted = rows_of_batch.contiguous(), found = at::empty_like(all_wanted);
  const std::int64_t* const wanted_rows = all_wanted.const_data_ptr<std::int64_t>();
  std::int64_t* const found_rows = found.mutable_data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < found.numel(); ++i) {
    const std::int64_t wanted = wanted_rows[i];
    BERTFORGE_CHECK(wanted >= 0 && wanted < num_sequences * length && row_at[static_cast<std::size_t>(wanted)] >= 0,
                    "row ", wanted, " of ", num_sequences, " x ", length, " is none or padding");
    found_rows[i] = row_at[static_cast<std::size_t>(wanted)];
  }
  return found;
}

EncoderRows encoder_rows(const BertInput& input, std::int64_t first_example) {
  EncoderRows rows;
  rows.num_sequences = input.token_ids.size(0);
  rows.length = input.token_ids.size(1);
  rows.token_ids = input.token_ids.flatten();
  rows.token_type_ids = input.token_type_ids.flatten();
  if (input.attention_mask.defined()) {
    rows.places_in_batch = input.attention_mask.flatten().nonzero().squeeze(1);
    rows.token_ids = rows.token_ids.index_select(0, rows.places_in_batch);
    rows.token_type_ids = rows.token_type_ids.index_select(0, rows.places_in_batch);
  }
  const std::int64_t num_rows = rows.token_ids.size(0);
  const std::int64_t* const places =
      rows.places_in_batch.defined() ? rows.places_in_batch.const_data_ptr<std::int64_t>() : nullptr;
  rows.places.reserve(static_cast<std::size_t>(num_rows));
  rows.offsets.assign(static_cast<std::size_t>(rows.num_sequences) + 1, 0);
  for (std::int64_t row = 0; row < num_rows; ++row) {
    const std::int64_t place = places != nullptr ? places[row] : row, sequence = place / rows.length;
    rows.places.push_back(
        {static_cast<std::uint32_t>(first_example + sequence), static_cast<std::uint32_t>(place % rows.length)});
    // Attention's dropout is keyed by row and column: in the plain path they are positions.
    std::int64_t& count = rows.offsets[static_cast<std::size_t>(sequence) + 1];
    BERTFORGE_CHECK(place % rows.length == count, "padding must stand behind a sequence's tokens");
    ++count;
  }
  rows.words.push_back(0);
  for (std::size_t b = 1; b < rows.offsets.size(); ++b) {
    rows.words.push_back(rows.words.back() + rows.offsets[b] * bit_words(rows.offsets[b]));
    rows.offsets[b] += rows.offsets[b - 1];
  }
  return rows;
}

}  // namespace bertforge
