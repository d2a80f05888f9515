#pragma once
// The fused encoder for one type of weights: its two passes stand in fused_encoder.cpp and fused_encoder_backward.cpp.
//
//   N  rows   R  rows of the output   H  hidden size   I  intermediate size   T  float or Bfloat16

#include <ATen/Parallel.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <chrono>
#include <optional>
#include <span>

#include "bertforge/base/error.h"
#include "bertforge/model/bert.h"
#include "bertforge/model/fused_encoder.h"
#include "bertforge/model/parameters.h"
#include "encoder_rows.h"
#include "products.h"

namespace bertforge {

template <class T>
T* data(const at::Tensor& tensor) {
  BERTFORGE_CHECK(tensor.scalar_type() == kTypeOf<T> && tensor.is_contiguous(),
                  "kernels see dense tensors of one type");
  return static_cast<T*>(tensor.data_ptr());
}

// The weights of one layer, under the roles they have here.
struct LayerWeights {
  at::Tensor query, key, value, query_bias, key_bias, value_bias;
  at::Tensor attention_dense, attention_bias, attention_gamma, attention_beta;
  at::Tensor intermediate, intermediate_bias, output_dense, output_bias, output_gamma, output_beta;

  explicit LayerWeights(EncoderLayerImpl& layer) {
    auto& self = *layer.attention->self;
    auto& attended = *layer.attention->output;
    query = self.query->weight, query_bias = self.query->bias;
    key = self.key->weight, key_bias = self.key->bias;
    value = self.value->weight, value_bias = self.value->bias;
    attention_dense = attended.dense->weight, attention_bias = attended.dense->bias;
    attention_gamma = attended.layer_norm->weight, attention_beta = attended.layer_norm->bias;
    intermediate = layer.intermediate->dense->weight, intermediate_bias = layer.intermediate->dense->bias;
    output_dense = layer.output->dense->weight, output_bias = layer.output->dense->bias;
    output_gamma = layer.output->layer_norm->weight, output_beta = layer.output->layer_norm->bias;
  }
};

// Matrices of one width as one, a view, where they lie one after the other in one piece of memory, as a ParameterStore
// has those of a layer (its parts begin at multiples of 32 elements: H a multiple of 8); else as they are.
std::vector<at::Tensor> joined_rows(const std::vector<at::Tensor>& matrices);

// Adds the seconds until it goes to `total`.
class Timed {
 public:
  explicit Timed(double& total) : total_(total) {}
  ~Timed() { total_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;

 private:
  double& total_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// The rows that go on behind the last layer's attention, where those are not all.
struct OutputRows {
  at::Tensor indices;                                    // [R] int64, of the N rows; undefined: all
  std::vector<RowPlace> places;                          // [R]
  Buffer context, residual, gradient, context_gradient;  // [R, H]

  std::int64_t num_bytes() const { return bytes_of(context, residual, gradient, context_gradient); }
};

// What a forward pass keeps for its backward pass: nothing, where there is none; the outputs of the layers, activation
// checkpointing; or everything.
enum class Kept { kNothing, kOutputs, kAll };

template <class T>
class TypedFusedEncoder : public FusedEncoder, public std::enable_shared_from_this<TypedFusedEncoder<T>> {
 public:
  TypedFusedEncoder(const BertConfig& config, const KernelTable& table, const ParameterStore* store)
      : config_(config),
        table_(table),
        kernels_(table.of<T>()),
        products_(table),
        activation_(find_activation_kind(config.hidden_act)),
        store_(store),
        layers_(static_cast<std::size_t>(config.num_hidden_layers)),
        layer_outputs_(layers_.size()) {}

  EncoderOutput forward(BertModelImpl& model, const BertInput& input, const ForwardContext& context) override;
  void backward(BertModelImpl& model, std::int64_t pass, const at::Tensor& hidden_gradient);
  const EncoderTimes& times() const override { return times_; }
  std::int64_t buffer_bytes() const override;

 private:
  const at::Tensor& x_of(std::size_t layer) const { return layer == 0 ? embedded_ : outputs_[layer - 1]; }
  // One set serves all layers, and two outputs take turns, where they need not stay.
  LayerBuffers& buffers_of(std::int64_t layer) {
    return layers_[kept_ == Kept::kAll ? static_cast<std::size_t>(layer) : 0];
  }
  Buffer& output_buffer_of(std::int64_t layer) {
    return layer_outputs_[static_cast<std::size_t>(kept_ == Kept::kNothing ? layer % 2 : layer)];
  }
  DropoutRule rule(std::int64_t layer, DropoutSite site, double probability) const;

  void choose_output_rows(const ForwardContext& context);
  bool ends_with_output_rows(std::int64_t layer) const {
    return output_rows_.indices.defined() && layer + 1 == std::ssize(layers_);
  }
  at::Tensor select_rows(Buffer& buffer, const at::Tensor& rows) {
    at::Tensor selected = rows_buffer(buffer, rows.size(1), output_rows_.indices);
    return at::index_select_out(selected, rows, 0, output_rows_.indices);
  }
  // The other way: 0 where a row is none of the output's.
  void spread_rows(at::Tensor rows, const at::Tensor& selected) {
    rows.zero_().index_add_(0, output_rows_.indices, selected);
  }
  void embed(BertModelImpl& model);
  at::Tensor forward_layer(const LayerWeights& weights, std::int64_t layer, const at::Tensor& x);
  void attend(LayerBuffers& buffers, std::int64_t layer);
  at::Tensor normalize(NormBuffers& buffers, Buffer& output, const RowPlace* places, const at::Tensor& x,
                       const at::Tensor& residual, const at::Tensor& bias, const at::Tensor& gamma,
                       const at::Tensor& beta, const DropoutRule& rule);

  void backward_layer(const LayerWeights& weights, std::int64_t layer, const at::Tensor& x, at::Tensor gradient);
  void backward_rows(const LayerWeights& weights, LayerBuffers& buffers, const at::Tensor& context, at::Tensor gradient,
                     const at::Tensor& context_gradient);
  void normalize_backward(NormBuffers& buffers, at::Tensor gradient, at::Tensor dense_gradient, const at::Tensor& bias,
                          const at::Tensor& gamma, const at::Tensor& beta);
  void activate_backward(const LayerWeights& weights, LayerBuffers& buffers, at::Tensor gradient);
  void attend_backward(LayerBuffers& buffers, const at::Tensor& context_gradient, at::Tensor qkv_gradient);
  void project_qkv_backward(const LayerWeights& weights, const at::Tensor& qkv_gradient, const at::Tensor& x,
                            at::Tensor x_gradient);
  void embed_backward(BertModelImpl& model, const at::Tensor& gradient);

  // Of N rows or R: y [N, out] = x [N, in] W^T
  void project(const at::Tensor& y, const at::Tensor& x, const at::Tensor& weight);
  // x_gradient [N, in] (+)= y_gradient [N, out] W
  void project_back(const at::Tensor& x_gradient, const at::Tensor& y_gradient, const at::Tensor& weight,
                    bool accumulate);
  // weight_gradient (of W, float32) += y_gradient^T x
  void add_weight_gradient(const at::Tensor& weight_gradient, const at::Tensor& y_gradient, const at::Tensor& x);
  void add_rows_by_key(std::span<const std::int64_t> keys, std::int64_t ignored, const float* rows,
                       const at::Tensor& weight);
  float* slot(const at::Tensor& parameter) const { return store_->gradient_of(parameter).mutable_data_ptr<float>(); }

  // One head of one sequence, and what belongs to it.
  struct HeadWork {
    std::int64_t head, first_row, length;
    std::int64_t first_log_sum_exp;  // Into LayerBuffers::log_sum_exp
    std::int64_t first_word;         // Into LayerBuffers::attention_kept
    float* scratch;
  };

  // body(work) for every head of every sequence, on all threads.
  template <class Body>
  void for_each_head(const Body& body) {
    const std::int64_t num_heads = config_.num_attention_heads, num_rows = rows_.num_rows();
    const std::int64_t scratch_size = attention_scratch_size(rows_.longest(), config_.head_size());
    float* const scratch = scratch_.floats(scratch_size * at::get_num_threads());
    // A thread stays with a sequence, whose rows it has in its cache, where there are enough of them.
    const std::int64_t part = rows_.num_sequences >= 4 * at::get_num_threads() ? num_heads : 1;
    for_each_part(rows_.num_sequences * num_heads, part, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t item = begin; item < end; ++item) {
        const auto sequence = static_cast<std::size_t>(item / num_heads);
        const std::int64_t head = item % num_heads, first = rows_.offsets[sequence];
        const std::int64_t length = rows_.offsets[sequence + 1] - first;
        if (length == 0) continue;
        body(HeadWork{head, first, length, head * num_rows + first, head * rows_.words.back() + rows_.words[sequence],
                      scratch + scratch_size * at::get_thread_num()});
      }
    });
  }

  at::Tensor rows_buffer(Buffer& buffer, std::int64_t columns) {
    return buffer.get({rows_.num_rows(), columns}, kTypeOf<T>);
  }
  // One that follows another.
  at::Tensor rows_buffer(Buffer& buffer, std::int64_t columns, const at::Tensor& rows) {
    return buffer.get({rows.size(0), columns}, kTypeOf<T>);
  }

  const BertConfig config_;
  const KernelTable& table_;
  const TypedKernels<T>& kernels_;
  Products<T> products_;
  const ActivationKind activation_;
  const ParameterStore* const store_;
  EncoderTimes times_;

  // Of the pass that goes on.
  std::int64_t pass_ = 0;
  Kept kept_ = Kept::kNothing;
  EncoderRows rows_;
  std::optional<DropoutStream> dropout_;
  double hidden_dropout_ = 0, attention_dropout_ = 0;  // As the forward pass had them; 0 where nothing is dropped.
  at::Tensor embedded_;
  std::vector<at::Tensor> outputs_;
  OutputRows output_rows_;

  std::vector<LayerBuffers> layers_;
  std::vector<Buffer> layer_outputs_;  // [N, H] or, of the last one, [R, H]
  NormBuffers embedding_norm_;
  Buffer embedding_output_, scratch_, partial_sums_;
  Buffer gradient_, dense_gradient_, context_gradient_, expanded_gradient_, qkv_gradient_, embedding_gradient_;
};

}  // namespace bertforge
