#include "checkpointed_layer.h"

#include <torch/autograd.h>
#include <torch/csrc/autograd/engine.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "bertforge/base/error.h"

namespace bertforge {
namespace {

// The node of the graph that stands for the layer.
struct CheckpointedLayerBackward : torch::autograd::Node {
  EncoderLayerImpl* layer = nullptr;
  torch::Tensor hidden, bias;
  ForwardContext context;

  torch::autograd::variable_list apply(torch::autograd::variable_list&& gradients) override {
    BERTFORGE_CHECK(torch::autograd::Engine::get_default_engine().is_checkpoint_valid(),
                    "a checkpointed layer adds to all gradients; call backward() without naming inputs");
    BERTFORGE_CHECK(hidden.defined(), "the backward pass of a checkpointed layer runs once");
    if (!gradients[0].defined()) return {torch::Tensor()};
    const auto input = hidden.detach().requires_grad_();
    torch::autograd::backward({graph_of(input)}, {gradients[0]});
    return {input.grad()};
  }

  // The engine calls it behind apply().
  void release_variables() override { hidden.reset(); }

 private:
  torch::Tensor graph_of(const torch::Tensor& input) {
    const torch::AutoGradMode records(true);
    return layer->forward(input, bias, context, nullptr);
  }
};

}  // namespace

torch::Tensor checkpointed_layer(EncoderLayerImpl& layer, const torch::Tensor& hidden, const torch::Tensor& bias,
                                 const ForwardContext& context) {
  torch::Tensor output;
  {
    const torch::NoGradGuard no_grad;
    output = layer.forward(hidden, bias, context, nullptr);
  }
  auto node = std::make_shared<CheckpointedLayerBackward>();
  node->layer = &layer;
  node->hidden = hidden.detach();
  node->bias = bias;
  node->context = context;
  node->set_next_edges(torch::autograd::collect_next_edges(hidden));
  torch::autograd::create_gradient_edge(output, std::move(node));
  return output;
}

}  // namespace bertforge
