#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>
#include <numbers>

#include "bertforge/base/files.h"
#include "bertforge/base/random.h"
#include "bertforge/model/bert.h"

namespace bertforge {
namespace {

// Normal values drawn in chunks with a generator each, so that threads can share the work without changing the values.
void fill_normal(torch::Tensor weight, double standard_deviation, const CounterRandom& random) {
  constexpr std::int64_t kChunk = 4096;
  float* const values = weight.data_ptr<float>();
  const std::int64_t size = weight.numel();
  at::parallel_for(0, (size + kChunk - 1) / kChunk, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t chunk = begin; chunk < end; ++chunk) {
      CounterRandom draws = random.fork(RandomPurpose::kInitialization, chunk);
      for (std::int64_t i = chunk * kChunk; i < std::min(size, (chunk + 1) * kChunk); ++i) {
        values[i] = static_cast<float>(draws.normal() * standard_deviation);
      }
    }
  });
}

// Waves of Vaswani et al. 2017, section 3.5, with the mean square of normal values: the vectors of positions are the more
// alike the nearer they are, and a linear map can shift them. Learned vectors find that order late in a short training.
void fill_sinusoidal(torch::Tensor weight, double standard_deviation) {
  const std::int64_t size = weight.size(1);
  auto values = weight.accessor<float, 2>();
  for (std::int64_t position = 0; position < weight.size(0); ++position) {
    for (std::int64_t i = 0; i < size; ++i) {
      const double period = std::pow(10000.0, static_cast<double>(i / 2 * 2) / static_cast<double>(size));
      const double angle = static_cast<double>(position) / period;
      values[position][i] = static_cast<float>(standard_deviation * std::numbers::sqrt2 *
                                               (i % 2 == 0 ? std::sin(angle) : std::cos(angle)));
    }
  }
}

}  // namespace

std::vector<std::string> position_initializers() { return {"normal", "sinusoidal"}; }

void initialize_weights(BertForPreTraining& model, std::uint64_t seed) {
  const torch::NoGradGuard no_grad;
  const BertConfig& config = model->config;
  for (auto& item : model->named_parameters()) {
    const std::string& name = item.key();
    torch::Tensor& weight = item.value();
    if (name.ends_with("bias")) {
      weight.zero_();
    } else if (name.ends_with("LayerNorm.weight")) {
      weight.fill_(1);
    } else if (name.ends_with("position_embeddings.weight") && config.position_initializer == "sinusoidal") {
      fill_sinusoidal(weight, config.initializer_range);
    } else {  // By the name's hash: what other parameters there are changes no draw.
      fill_normal(weight, config.initializer_range,
                  CounterRandom(seed).fork(RandomPurpose::kInitialization, fnv1a(name)));
    }
  }
  model->bert->embeddings->word_embeddings->weight[config.pad_token_id].zero_();
}

}  // namespace bertforge
