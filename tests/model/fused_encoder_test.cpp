// The fused encoder against the plain modules, at every level that this CPU runs.

#include "bertforge/model/fused_encoder.h"

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cstdlib>

#include "../../src/model/typed_fused_encoder.h"
#include "bertforge/base/error.h"
#include "bertforge/model/bert.h"
#include "bertforge/model/parameters.h"
#include "support/error_matchers.h"

namespace bertforge {
namespace {

// Odd sizes: no dimension is a multiple of a vector.
BertConfig odd_encoder_config(const std::string& activation = "gelu") {
  return {.vocab_size = 99,
          .hidden_size = 36,
          .num_hidden_layers = 3,
          .num_attention_heads = 4,
          .intermediate_size = 53,
          .hidden_act = activation,
          .hidden_dropout_prob = 0.2,
          .attention_probs_dropout_prob = 0.3,
          .max_position_embeddings = 150};
}

// Sequences of these lengths, padded to the longest.
BertInput odd_input(const std::vector<std::int64_t>& lengths) {
  const std::int64_t longest = *std::max_element(lengths.begin(), lengths.end());
  torch::manual_seed(5);
  const auto num_sequences = static_cast<std::int64_t>(lengths.size());
  BertInput input;
  input.token_ids = torch::randint(1, 99, {num_sequences, longest}, torch::kLong);
  input.token_type_ids = torch::randint(0, 2, {num_sequences, longest}, torch::kLong);
  input.attention_mask = torch::zeros({num_sequences, longest}, torch::kBool);
  for (std::int64_t b = 0; b < num_sequences; ++b) {
    input.attention_mask[b].slice(0, 0, lengths[static_cast<std::size_t>(b)]).fill_(true);
    input.token_ids[b].slice(0, lengths[static_cast<std::size_t>(b)], longest).fill_(0);
  }
  if (input.attention_mask.all().item<bool>()) input.attention_mask = torch::Tensor();
  return input;
}

constexpr DropoutStream kDropout = {.key = 123456789, .first_example = 17};

// A model, its store, and what it makes of one input by one choice of kernels.
struct Subject {
  BertForPreTraining model;
  ParameterStore store;

  Subject(const BertConfig& config, const std::string& kernels, Precision precision = Precision::kFloat32)
      : model(initialized(config)), store(*model, torch::kCPU, precision) {
    model->choose_kernels(kernels, &store);
  }

  static BertForPreTraining initialized(const BertConfig& config) {
    BertForPreTraining model(config);
    initialize_weights(model, 7);
    const torch::NoGradGuard no_grad;
    for (auto& item : model->named_parameters()) {  // Biases and LayerNorms away from 0 and 1, so that they count.
      if (item.key().ends_with("bias") || item.key().find("LayerNorm") != std::string::npos) {
        item.value().add_(0.1 *
                          torch::sin(torch::arange(item.value().numel(), torch::kFloat)).view(item.value().sizes()));
      }
    }
    return model;
  }

  static ForwardContext context(bool drops) {
    ForwardContext context;
    if (drops) context.dropout = kDropout;
    return context;
  }

  // The tied word embeddings get a part through the graph too.
  torch::Tensor train(const BertInput& input, bool drops) {
    const auto hidden = model->encode(input, context(drops)).last_hidden_state;
    const auto rows = hidden.flatten(0, 1).index_select(0, torch::tensor({1L, 4L}));
    const auto kept = input.attention_mask.defined() ? hidden * input.attention_mask.unsqueeze(-1) : hidden;
    const auto weights =
        torch::cos(torch::arange(hidden.numel(), torch::kFloat)).view(hidden.sizes()).to(hidden.dtype());
    const auto loss = (kept * weights).sum() + model->prediction_logits(rows).pow(2).sum() +
                      model->seq_relationship_logits(hidden.select(1, 0)).pow(2).sum();
    loss.backward();
    store.collect_gradients();
    EXPECT_EQ(model->bert->fused_encoder != nullptr, model->kernels().name() != "plain");
    return kept.detach().to(torch::kFloat);
  }
};

double largest_distance(const torch::Tensor& found, const torch::Tensor& expected) {
  return ((found - expected).abs().max() / (expected.abs().max() + 1e-12)).item<double>();
}

void expect_same_gradients(const Subject& found, Subject& expected, double tolerance) {
  for (const ParameterInfo& info : expected.store.parameters()) {
    const auto gradient = ParameterStore::view(found.store.gradients(), info);
    const auto reference = ParameterStore::view(expected.store.gradients(), info);
    if (info.name.ends_with("self.key.bias")) {  // Its true gradient is 0; what is there is rounding.
      const double scale = expected.store.gradients().abs().max().item<double>();
      EXPECT_LT((gradient - reference).abs().max().item<double>(), tolerance * scale) << info.name;
    } else {
      EXPECT_LT(largest_distance(gradient, reference), tolerance) << info.name;
    }
  }
}

class FusedEncoderAtLevel : public ::testing::TestWithParam<const KernelLevel*> {
 protected:
  static void check(const std::vector<std::int64_t>& lengths, bool drops, const std::string& activation = "gelu") {
    const BertInput input = odd_input(lengths);
    Subject fused(odd_encoder_config(activation), GetParam()->name), plain(odd_encoder_config(activation), "plain");
    const auto found = fused.train(input, drops), expected = plain.train(input, drops);
    EXPECT_LT(largest_distance(found, expected), 1e-5);
    expect_same_gradients(fused, plain, 2e-5);
  }
};

TEST_P(FusedEncoderAtLevel, GivesThePlainHiddenStatesAndGradients) { check({7, 7, 7}, false); }

TEST_P(FusedEncoderAtLevel, GivesThemForSequencesOfDifferentLengthsWithoutTheirPadding) {
  check({7, 130, 1, 64}, false);
}

TEST_P(FusedEncoderAtLevel, DropsWhatThePlainPathDrops) {
  check({7, 7, 7}, true);
  check({7, 70, 1, 5}, true);
}

TEST_P(FusedEncoderAtLevel, MultipliesQueryKeyAndValueAtOnceWhereTheyLieOneAfterTheOther) {
  BertConfig config = odd_encoder_config();
  config.hidden_size = 32;
  const BertInput input = odd_input({7, 3});
  Subject fused(config, GetParam()->name), plain(config, "plain");
  auto& self = *fused.model->bert->encoder->layer[0]->as<EncoderLayerImpl>()->attention->self;
  const std::vector<at::Tensor> weights = {self.query->weight, self.key->weight, self.value->weight};
  ASSERT_EQ(joined_rows(weights).size(), 1u);
  EXPECT_LT(largest_distance(fused.train(input, true), plain.train(input, true)), 1e-5);
  expect_same_gradients(fused, plain, 2e-5);
}

TEST_P(FusedEncoderAtLevel, WithDropoutItsDirectionalDerivativeAgreesWithDifferences) {
  Subject fused(odd_encoder_config(), GetParam()->name);
  const BertInput input = odd_input({7, 70, 1, 5});
  const auto loss = [&] {
    const auto hidden = fused.model->encode(input, Subject::context(true)).last_hidden_state;
    const auto factors = torch::cos(torch::arange(hidden.numel(), torch::kDouble)).view(hidden.sizes());
    return (hidden * input.attention_mask.unsqueeze(-1)).to(torch::kDouble).mul(factors).sum();
  };
  loss().backward();
  fused.store.collect_gradients();

  const torch::NoGradGuard no_grad;
  torch::manual_seed(3);
  const auto direction = 3e-4 * torch::randn({fused.store.flat_size()});
  const double expected = fused.store.gradients().dot(direction).item<double>();
  fused.store.weights().add_(direction);
  const double above = loss().item<double>();
  fused.store.weights().sub_(direction, 2);
  const double below = loss().item<double>();
  ASSERT_GT(std::abs(expected), 1e-3);
  EXPECT_NEAR((above - below) / 2, expected, 0.01 * std::abs(expected));
}

// Rows of four sequences, out of order, one of them twice.
TEST_P(FusedEncoderAtLevel, ComputesTheLastLayerForTheRowsThatAreWanted) {
  const BertInput input = odd_input({7, 70, 1, 5});
  const auto rows = torch::tensor({0L, 3L, 140L, 70L + 69L, 75L, 6L, 75L, 70L, 210L, 214L});
  Subject fused(odd_encoder_config(), GetParam()->name), plain(odd_encoder_config(), "plain");
  const auto train = [&](Subject& subject) {
    ForwardContext context = Subject::context(true);
    context.output_rows = rows;
    const auto hidden = subject.model->encode(input, context).last_hidden_state;
    const auto weights = torch::cos(torch::arange(hidden.numel(), torch::kFloat)).view(hidden.sizes());
    (hidden * weights).sum().backward();
    subject.store.collect_gradients();
    return hidden.detach();
  };
  const auto found = train(fused), expected = train(plain);
  EXPECT_EQ(found.sizes(), (std::vector<std::int64_t>{10, 36}));
  EXPECT_LT(largest_distance(found, expected), 1e-5);
  expect_same_gradients(fused, plain, 2e-5);

  Subject whole(odd_encoder_config(), GetParam()->name);
  const torch::NoGradGuard no_grad;
  const auto all = whole.model->encode(input, Subject::context(true)).last_hidden_state;
  EXPECT_LT(largest_distance(found, all.flatten(0, 1).index_select(0, rows)), 1e-6);
}

TEST_P(FusedEncoderAtLevel, GoesFromSomeRowsToAllAndBack) {
  const BertInput input = odd_input({7, 20, 2});
  Subject fused(odd_encoder_config(), GetParam()->name), plain(odd_encoder_config(), "plain");
  const auto train = [&](Subject& subject, const at::Tensor& rows) {
    ForwardContext context = Subject::context(true);
    context.output_rows = rows;
    auto hidden = subject.model->encode(input, context).last_hidden_state;
    if (!rows.defined()) hidden = hidden * input.attention_mask.unsqueeze(-1);
    hidden.sin().sum().backward();
    subject.store.collect_gradients();
    return hidden.detach();
  };
  for (const at::Tensor& rows : {torch::tensor({0L, 25L}), at::Tensor(), torch::tensor({41L, 21L, 3L})}) {
    EXPECT_LT(largest_distance(train(fused, rows), train(plain, rows)), 1e-5);
  }
  expect_same_gradients(fused, plain, 2e-5);
}

TEST_P(FusedEncoderAtLevel, KnowsEveryActivation) {
  for (const std::string& activation : activation_names()) {
    SCOPED_TRACE(activation);
    check({5, 3}, true, activation);
  }
}

TEST_P(FusedEncoderAtLevel, GivesEveryHiddenStateWithoutGradients) {
  const torch::NoGradGuard no_grad;
  const BertInput input = odd_input({7, 20, 2});
  Subject fused(odd_encoder_config(), GetParam()->name), plain(odd_encoder_config(), "plain");
  const auto found = fused.model->encode(input, {.output_hidden_states = true});
  const auto expected = plain.model->encode(input, {.output_hidden_states = true});
  const auto mask = input.attention_mask.unsqueeze(-1);
  ASSERT_EQ(found.hidden_states.size(), 4u);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_LT(largest_distance(found.hidden_states[i], expected.hidden_states[i] * mask), 1e-5) << "hidden state " << i;
  }
  EXPECT_TRUE(found.last_hidden_state.equal(found.hidden_states[3]));
}

TEST_P(FusedEncoderAtLevel, InBfloat16IsNoFurtherFromFloat32ThanThePlainPathByMoreThanAHalf) {
  const BertInput input = odd_input({40, 33, 64, 50, 64, 61, 12, 64});
  Subject exact(odd_encoder_config(), "plain");
  Subject plain(odd_encoder_config(), "plain", Precision::kBfloat16),
      fused(odd_encoder_config(), GetParam()->name, Precision::kBfloat16);
  const auto expected = exact.train(input, true);
  const double plain_distance = largest_distance(plain.train(input, true), expected);
  EXPECT_LT(largest_distance(fused.train(input, true), expected), 1.5 * plain_distance);
  for (const ParameterInfo& info : exact.store.parameters()) {
    if (info.name.ends_with("self.key.bias")) continue;
    const auto reference = ParameterStore::view(exact.store.gradients(), info);
    const auto error = [&](Subject& subject) {
      const auto gradient = ParameterStore::view(subject.store.gradients(), info);
      return ((gradient - reference).norm() / (reference.norm() + 1e-12)).item<double>();
    };
    EXPECT_LT(error(fused), std::max(1.5 * error(plain), 0.004)) << info.name;
  }
}

TEST_P(FusedEncoderAtLevel, ComputesTheSameRowsInBfloat16) {
  const BertInput input = odd_input({40, 33, 64});
  Subject fused(odd_encoder_config(), GetParam()->name, Precision::kBfloat16);
  const auto rows = torch::tensor({0L, 39L, 64L, 128L, 190L});
  ForwardContext some = Subject::context(true);
  some.output_rows = rows;
  const torch::NoGradGuard no_grad;
  const auto found = fused.model->encode(input, some).last_hidden_state.to(torch::kFloat);
  const auto all = fused.model->encode(input, Subject::context(true)).last_hidden_state.to(torch::kFloat);
  EXPECT_LT(largest_distance(found, all.flatten(0, 1).index_select(0, rows)), 0.01);
}

// More rows than a block of sums has, and more heads and sequences than threads; the last layer of all rows and of some.
TEST_P(FusedEncoderAtLevel, HiddenStatesAndGradientsAreTheSameBitsForAnyNumberOfThreads) {
  const BertInput input = odd_input({70, 33, 64, 1, 130});
  const int threads = at::get_num_threads();
  for (const Precision precision : {Precision::kFloat32, Precision::kBfloat16}) {
    for (const torch::Tensor& rows : {torch::Tensor(), torch::arange(0L, 70L)}) {
      std::vector<torch::Tensor> hidden_states, gradients;
      for (const int count : {1, 2, 4}) {
        at::set_num_threads(count);
        Subject fused(odd_encoder_config(), GetParam()->name, precision);
        ForwardContext context = Subject::context(true);
        context.output_rows = rows;
        const auto hidden = fused.model->encode(input, context).last_hidden_state;
        const auto factors = torch::cos(torch::arange(hidden.numel(), torch::kFloat)).view(hidden.sizes());
        hidden.backward(factors.to(hidden.dtype()));
        hidden_states.push_back(hidden.detach());
        gradients.push_back(fused.store.gradients().clone());
      }
      at::set_num_threads(threads);
      for (const std::size_t i : {1u, 2u}) {
        EXPECT_TRUE(hidden_states[i].equal(hidden_states[0])) << to_string(precision);
        EXPECT_TRUE(gradients[i].equal(gradients[0])) << to_string(precision);
      }
    }
  }
}

TEST_P(FusedEncoderAtLevel, AddsTheGradientsOfSeveralParts) {
  const BertInput first = odd_input({7, 3}), second = odd_input({5, 9, 2});
  Subject fused(odd_encoder_config(), GetParam()->name), plain(odd_encoder_config(), "plain");
  for (Subject* subject : {&fused, &plain}) {
    subject->train(first, true);
    subject->train(second, true);
  }
  expect_same_gradients(fused, plain, 2e-5);
}

INSTANTIATE_TEST_SUITE_P(Levels, FusedEncoderAtLevel, ::testing::ValuesIn(supported_kernel_levels()),
                         [](const auto& info) { return info.param->name; });

TEST(FusedEncoder, RefusesTheBackwardPassOfAnEarlierForwardPass) {
  Subject fused(odd_encoder_config(), "auto");
  const BertInput input = odd_input({4, 4});
  const auto first = fused.model->encode(input, fused.context(false)).last_hidden_state;
  const auto second = fused.model->encode(input, fused.context(false)).last_hidden_state;
  EXPECT_THROW(first.sum().backward(), Error);
  second.sum().backward();
}

TEST(FusedEncoder, RefusesPaddingAndWhatIsNoRowAsOutput) {
  Subject fused(odd_encoder_config(), "auto");
  const torch::NoGradGuard no_grad;
  for (const std::int64_t row : {-1, 7, 8, 40}) {  // 4 and 2 tokens, padded to 4: rows 6 and 7 are none.
    EXPECT_THROW(fused.model->encode(odd_input({4, 2}), {.output_rows = torch::tensor({row})}), Error) << row;
  }
}

TEST(FusedEncoder, LeavesAttentionsFloat64AndGradientsWithoutAStoreToThePlainPath) {
  const BertInput input = odd_input({4, 4});
  Subject fused(odd_encoder_config(), "auto");
  EXPECT_EQ(fused.model->encode(input, {.output_attentions = true}).attentions.size(), 3u);
  ForwardContext both = {.output_hidden_states = true, .output_rows = torch::tensor({0L})};
  EXPECT_THROW(fused.model->encode(input, both), Error);
  fused.model->choose_kernels("auto");
  fused.model->encode(input, {}).last_hidden_state.sum().backward();
  EXPECT_GT(fused.store.gradients().abs().sum().item<double>(), 0);
  BertForPreTraining wide = Subject::initialized(odd_encoder_config());
  wide->to(torch::kDouble);
  wide->choose_kernels("auto");
  EXPECT_EQ(wide->encode(input, {}).last_hidden_state.scalar_type(), torch::kDouble);
}

TEST(FusedEncoder, AnEvaluationBetweenTwoStepsChangesNothing) {
  const BertInput input = odd_input({7, 12}), other = odd_input({33, 5, 9});
  Subject steady(odd_encoder_config(), "auto"), interrupted(odd_encoder_config(), "auto");
  steady.train(input, true);
  steady.train(input, true);
  interrupted.train(input, true);
  {
    const torch::NoGradGuard no_grad;
    interrupted.model->encode(other, {});
  }
  interrupted.train(input, true);
  EXPECT_TRUE(interrupted.store.gradients().equal(steady.store.gradients()));
}

TEST(FusedEncoder, ASequenceWithoutTokensIsPassedOver) {
  const torch::NoGradGuard no_grad;
  BertInput input = odd_input({4, 3, 2});
  input.attention_mask[1].fill_(false);
  Subject fused(odd_encoder_config(), "auto"), plain(odd_encoder_config(), "plain");
  const auto found = fused.model->encode(input, {}).last_hidden_state;
  const auto expected = plain.model->encode(input, {}).last_hidden_state * input.attention_mask.unsqueeze(-1);
  EXPECT_LT(largest_distance(found, expected), 1e-5);
}

TEST(FusedEncoder, RefusesIdsOutsideOfTheTables) {
  Subject fused(odd_encoder_config(), "auto");
  for (const std::int64_t id : {99, -1}) {
    const BertInput input = odd_input({4, 4});
    input.token_ids[1][2] = id;
    EXPECT_THROW(fused.model->encode(input, {}), Error);
  }
}

TEST(Kernels, AnUnknownNameIsRefusedWithTheNearest) {
  BertForPreTraining model(odd_encoder_config());
  EXPECT_ERROR(model->choose_kernels("plian"), ErrorKind::kUsage, "plain");
}

TEST(Kernels, TheEnvironmentDecidesWhatAutoIsAndNothingElse) {
  ASSERT_EQ(::setenv("BERTFORGE_KERNELS", "plain", 1), 0);
  EXPECT_EQ(resolve_kernels("auto"), "plain");
  EXPECT_EQ(resolve_kernels("portable"), "portable");
  ::setenv("BERTFORGE_KERNELS", "nonsense", 1);
  EXPECT_ERROR(resolve_kernels("auto"), ErrorKind::kUsage, "BERTFORGE_KERNELS: \"nonsense\"");
  ::unsetenv("BERTFORGE_KERNELS");
  EXPECT_EQ(resolve_kernels("auto"), supported_kernel_levels().back()->name);
}

}  // namespace
}  // namespace bertforge
