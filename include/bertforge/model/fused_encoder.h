#pragma once
// Embeddings and encoder over fused kernels: what Embeddings and Encoder compute, faster, on the CPU.
//
// Rows are tokens of all sequences one after the other, without padding, so that time follows real tokens. One node of
// the autograd graph stands for the whole encoder: its backward pass is written out here and adds gradients straight to
// the store's flat tensor. Buffers stay from step to step: those of all layers, or with checkpoints_activations
// (forward_context.h) the layers' outputs and one set of the others. The plain modules hold the weights and are what
// this is tested against. Fed by model/bert.h; made of kernels/, and of LibTorch's matrix products where they are
// faster than ours (kernels/gemm.h).
//   B  sequences   T  positions   H  hidden size

#include <memory>

#include "bertforge/kernels/kernel_table.h"
#include "bertforge/model/encoder.h"
#include "bertforge/model/input.h"

namespace bertforge {

struct BertModelImpl;
class ParameterStore;

// Where the time of forward and backward passes went since the encoder was made, in seconds.
struct EncoderTimes {
  double products = 0, attention = 0, normalization = 0, activation = 0, embeddings = 0;
};

class FusedEncoder {
 public:
  virtual ~FusedEncoder() = default;
  virtual const EncoderTimes& times() const = 0;
  virtual std::int64_t buffer_bytes() const = 0;  // Of what stays, the memory that matrix products work in aside.

  // What BertModelImpl::forward() gives, attentions aside; positions of padding are 0. Where gradients are recorded,
  // the pass must be followed by its backward pass before the next one begins.
  virtual EncoderOutput forward(BertModelImpl& model, const BertInput& input, const ForwardContext& context) = 0;
};

// For weights of type `dtype`, float32 or bfloat16, LayerNorms' being float32 always. Gradients go to `store`; null:
// there is no backward pass. Table and store outlive the encoder.
std::shared_ptr<FusedEncoder> make_fused_encoder(const BertConfig& config, const KernelTable& kernels,
                                                 at::ScalarType dtype, const ParameterStore* store);

}  // namespace bertforge
