#pragma once
// LayerNorm that computes in float32 whatever the model computes in.
//
// ATen's bfloat16 backward on the CPU sums the gradients of weight and bias in bfloat16, row by row: over the 4096 rows of a
// batch they come out wrong by 5 to 20 %, differently for each number of threads.
// Source: Ba et al. 2016; transformers' BERT, whose parameter names it has.

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "bertforge/model/config.h"

namespace bertforge {

struct LayerNormImpl : torch::nn::Module {
  explicit LayerNormImpl(const BertConfig& config);

  // x [..., H] of any floating type -> the same shape and type.
  torch::Tensor forward(const torch::Tensor& x);

  double epsilon;
  torch::Tensor weight, bias;  // [H]
};
TORCH_MODULE(LayerNorm);

}  // namespace bertforge
