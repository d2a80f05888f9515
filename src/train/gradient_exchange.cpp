#include "bertforge/train/gradient_exchange.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string_view>

#include "bertforge/base/error.h"

namespace bertforge {
namespace {

// The number of the encoder layer that a weight is of.
std::optional<int> layer_of(std::string_view name) {
  constexpr std::string_view kLayer = "encoder.layer.";
  const std::size_t at = name.find(kLayer);
  int layer = 0;
  if (at == std::string_view::npos) return std::nullopt;
  std::from_chars(name.data() + at + kLayer.size(), name.data() + name.size(), layer);
  return layer;
}

}  // namespace

GradientExchange::GradientExchange(ParameterStore& store, ProcessGroup& group, std::int64_t bucket_elements)
    : store_(store), group_(group) {
  if (group.is_alone()) return;
  std::map<int, Bucket, std::greater<>> layers;
  for (const ParameterInfo& info : store.parameters()) {
    const auto layer = info.decays ? layer_of(info.name) : std::nullopt;
    if (!layer) continue;
    Bucket& bucket = layers.try_emplace(*layer, Bucket{{info.offset, info.offset}}).first->second;
    bucket.range.end = info.offset + info.size;
    ++bucket.num_weights;
  }
  for (const auto& [number, layer] : layers) {
    const bool is_full = buckets_.empty() || buckets_.back().range.size() >= bucket_elements;
    if (is_full) {
      buckets_.push_back(layer);
    } else {
      buckets_.back().range.begin = layer.range.begin;
      buckets_.back().num_weights += layer.num_weights;
    }
  }
  // What lies between the buckets, whose places fall from the first to the last.
  std::int64_t end = store.flat_size();
  for (const Bucket& bucket : buckets_) {
    BERTFORGE_CHECK(bucket.range.end <= end, "the weights of a layer lie in a row, layer after layer");
    if (bucket.range.end < end) rest_.push_back({bucket.range.end, end});
    end = bucket.range.begin;
  }
  if (end > 0) rest_.push_back({0, end});
  store_.set_gradient_listener([this](const FlatRange& weight) { note(weight); });
}

GradientExchange::~GradientExchange() {
  if (!group_.is_alone()) store_.set_gradient_listener({});
}

void GradientExchange::begin() {
  is_on_ = true;
  for (Bucket& bucket : buckets_) bucket.num_done = 0;
}

void GradientExchange::cancel() {
  if (num_sent_ > 0) {
    fail(ErrorKind::kEnvironment, "out of memory on rank ", group_.rank(),
         " when a part of its gradients was sent; a smaller train.micro_batch_size takes less");
  }
  is_on_ = false;
}

void GradientExchange::note(const FlatRange& weight) {
  if (!is_on_) return;
  for (Bucket& bucket : buckets_) {
    if (bucket.range.begin <= weight.begin && weight.end <= bucket.range.end) ++bucket.num_done;
  }
  send_done_ones();
}

void GradientExchange::send_done_ones() {
  while (num_sent_ < buckets_.size() && buckets_[num_sent_].num_done == buckets_[num_sent_].num_weights) {
    send(buckets_[num_sent_++].range, "layers");
  }
}

void GradientExchange::send(const FlatRange& range, const char* name) {
  const auto begin = ChromeTrace::Clock::now();
  const at::Tensor part = store_.gradients().narrow(0, range.begin, range.size());
  pending_.push_back({group_.start_sum(part), begin, name});
}

void GradientExchange::finish() {
  while (num_sent_ < buckets_.size()) send(buckets_[num_sent_++].range, "layers");
  for (const FlatRange& range : rest_) send(range, "the rest");
  {
    const TraceSpan span(group_.is_alone() ? nullptr : trace_, "compute", "wait for gradients");
    for (const Sum& sum : pending_) sum.call->wait();
  }
  for (const Sum& sum : pending_) {
    const auto end = sum.call->end();
    if (trace_ != nullptr && end) trace_->add("gradients", sum.name, sum.begin, *end);
  }
  pending_.clear();
  num_sent_ = 0;
  is_on_ = false;
}

}  // namespace bertforge
