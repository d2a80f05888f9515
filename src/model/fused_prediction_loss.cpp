#include "bertforge/model/fused_prediction_loss.h"

#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "bertforge/base/error.h"
#include "bertforge/base/round_up.h"
#include "bertforge/model/parameters.h"
#include "products.h"

namespace bertforge {
namespace {

template <class T>
class TypedPredictionLoss : public FusedPredictionLoss, public std::enable_shared_from_this<TypedPredictionLoss<T>> {
 public:
  TypedPredictionLoss(const KernelTable& table, const ParameterStore* store)
      : table_(table), products_(table), store_(store) {}

  PredictionLoss operator()(const at::Tensor& rows, const at::Tensor& weight, const at::Tensor& bias,
                            const at::Tensor& labels) override;
  at::Tensor backward(std::int64_t pass, double loss_gradient);

 private:
  void compute_rows(const at::Tensor& bias, const at::Tensor& labels, bool records, PredictionLoss& result);

  const KernelTable& table_;
  Products<T> products_;
  const ParameterStore* const store_;
  std::int64_t pass_ = 0;
  at::Tensor rows_, weight_, bias_,
      logits_;  // Of the pass that goes on; logits_ hold their gradient after the forward pass.
  Buffer logits_buffer_, partial_sums_, bias_gradient_;
};

template <class T>
struct PredictionLossBackward : torch::autograd::Node {
  std::shared_ptr<TypedPredictionLoss<T>> loss;
  std::int64_t pass = 0;

  torch::autograd::variable_list apply(torch::autograd::variable_list&& gradients) override {
    const torch::NoGradGuard no_grad;
    if (!gradients[0].defined()) return {at::Tensor()};
    return {loss->backward(pass, gradients[0].item<double>())};
  }
};

template <class T>
PredictionLoss TypedPredictionLoss<T>::operator()(const at::Tensor& rows, const at::Tensor& weight,
                                                  const at::Tensor& bias, const at::Tensor& labels) {
  const bool records = torch::GradMode::is_enabled();
  BERTFORGE_CHECK(!records || store_ != nullptr, "fused backward passes need a store for their gradients");
  PredictionLoss result;
  {
    const torch::NoGradGuard no_grad;
    BERTFORGE_CHECK(weight.scalar_type() == kTypeOf<T>, "made for another type");
    ++pass_;
    rows_ = rows.detach().contiguous();
    weight_ = weight;
    bias_ = bias;
    logits_.reset();  // Lest the old memory stay while the new is made.
    // Rows begin at cache lines: products may then be stored past the caches (kernels/amx_gemm.h).
    const std::int64_t stride = round_up(weight.size(0), 64 / weight.element_size());
    logits_ = logits_buffer_.get({rows.size(0), stride}, weight.scalar_type()).narrow(1, 0, weight.size(0));
    products_.multiply(logits_, rows_, weight.t());
    compute_rows(bias, labels, records, result);
  }
  if (records) {
    auto node = std::make_shared<PredictionLossBackward<T>>();
    node->loss = this->shared_from_this();
    node->pass = pass_;
    node->set_next_edges(torch::autograd::collect_next_edges(rows));
    torch::autograd::create_gradient_edge(result.sum, std::move(node));
  }
  return result;
}

template <class T>
void TypedPredictionLoss<T>::compute_rows(const at::Tensor& bias, const at::Tensor& labels, bool records,
                                          PredictionLoss& result) {
  const std::int64_t num_rows = logits_.size(0), num_classes = logits_.size(1);
  const auto classes = labels.contiguous();
  for (std::int64_t row = 0; row < num_rows; ++row) {
    const std::int64_t label = classes.const_data_ptr<std::int64_t>()[row];
    BERTFORGE_CHECK(label >= 0 && label < num_classes, "label ", label, " of ", num_classes);
  }
  const auto losses = at::empty({num_rows}, at::kFloat);
  result.predictions = at::empty({num_rows}, at::kLong);
  CrossEntropy<T> in = {.num_classes = num_classes,
                        .stride = logits_.stride(0),
                        .logits = static_cast<T*>(logits_.data_ptr()),
                        .bias = static_cast<const T*>(bias.const_data_ptr()),
                        .labels = classes.const_data_ptr<std::int64_t>(),
                        .losses = losses.mutable_data_ptr<float>(),
                        .predictions = result.predictions.mutable_data_ptr<std::int64_t>()};
  if (records) {
    float* const bias_gradient = bias_gradient_.floats(num_classes);
    std::fill_n(bias_gradient, num_classes, 0.0f);
    sum_over_rows(table_, partial_sums_, num_rows, num_classes, {bias_gradient},
                  [&](std::int64_t begin, std::int64_t end, const std::vector<float*>& sums) {
                    CrossEntropy<T> block = in;
                    block.bias_gradient = sums[0];
                    table_.of<T>().cross_entropy(block, begin, end);
                  });
  } else {
    for_each_part(num_rows, 16,
                  [&](std::int64_t begin, std::int64_t end) { table_.of<T>().cross_entropy(in, begin, end); });
  }
  result.sum = losses.sum(at::kDouble).to(at::kFloat);
}

template <class T>
at::Tensor TypedPredictionLoss<T>::backward(std::int64_t pass, double loss_gradient) {
  BERTFORGE_CHECK(pass == pass_,
                  "the logits of this forward pass have been used, by a later one or its own backward pass");
  ++pass_;
  const at::Tensor bias_gradient = store_->gradient_of(bias_), total = store_->gradient_of(weight_);
  const float* const sums = bias_gradient_.floats(logits_.size(1));
  float* const slot = bias_gradient.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < logits_.size(1); ++i) slot[i] += static_cast<float>(loss_gradient) * sums[i];
  products_.multiply(total, logits_.t(), rows_, true, loss_gradient);
  const at::Tensor rows_gradient = at::empty_like(rows_);
  products_.multiply(rows_gradient, logits_, weight_, false, loss_gradient);
  return rows_gradient;
}

}  // namespace

std::shared_ptr<FusedPredictionLoss> make_fused_prediction_loss(const KernelTable& kernels, at::ScalarType dtype,
                                                                const ParameterStore* store) {
  if (dtype == at::kFloat) return std::make_shared<TypedPredictionLoss<float>>(kernels, store);
  BERTFORGE_CHECK(dtype == at::kBFloat16, "fused kernels compute in float32 and bfloat16");
  return std::make_shared<TypedPredictionLoss<Bfloat16>>(kernels, store);
}

}  // namespace bertforge
