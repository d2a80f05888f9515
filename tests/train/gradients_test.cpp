#include "bertforge/train/gradients.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <algorithm>
#include <map>

#include "toy_training.h"

namespace bertforge {
namespace {

using testing::toy_train_config;
using testing::ToyTraining;

// Of a model in float64, without dropout: by the name of the parameter.
std::map<std::string, at::Tensor> exact_gradients(const ToyTraining& training, std::int64_t micro_batch_size) {
  BertConfig model_config = testing::toy_model_config();
  model_config.hidden_dropout_prob = model_config.attention_probs_dropout_prob = 0;
  BertForPreTraining model(model_config);
  initialize_weights(model, 3);
  model->to(torch::kDouble);
  auto config = training.loader_config();
  config.batch_size = 32, config.micro_batch_size = micro_batch_size;
  BatchLoader loader(training.store, training.tokenizer, config);
  add_module_gradients(model, make_objectives(training.config.objectives), loader.next(), {});
  std::map<std::string, at::Tensor> gradients;
  for (const auto& parameter : model->named_parameters()) gradients[parameter.key()] = parameter.value().grad();
  return gradients;
}

TEST(Gradients, OfFourPartsEqualThoseOfTheWholeInFloat64) {
  const ToyTraining training(toy_train_config(1));
  const auto whole = exact_gradients(training, 32), parts = exact_gradients(training, 8);
  for (const auto& [name, gradient] : whole) {
    const double largest = gradient.abs().max().item<double>();
    EXPECT_LE((parts.at(name) - gradient).abs().max().item<double>(), 1e-10 * std::max(largest, 1e-3)) << name;
  }
}

}  // namespace
}  // namespace bertforge
