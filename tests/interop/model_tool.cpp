// What the interop tests need of a model and no command of the program gives.
//
//   bertforge_interop_model new VOCAB OUTPUT         a model folder of odd sizes and random weights for a tokenizer
//   bertforge_interop_model logits FOLDER OUTPUT     reads {"input_ids": [...], "token_type_ids": [...]} lines from standard
//                                                    input, computes them as one padded batch, and writes a safetensors file
//                                                    of prediction_logits.I [T, V], seq_relationship_logits.I [2] for line I
//   bertforge_interop_model gradients FOLDER BATCH KERNELS PRECISION OUTPUT
//                                                    writes a safetensors file of the float32 gradients of the sum of the
//                                                    mean losses of a batch (support/batch_file.h), by the kernels of that name
//   bertforge_interop_model losses FOLDER BATCHES KERNELS STEPS WARMUP RATE OUTPUT
//                                                    trains on the batches "0/", "1/", ... of a file, in float32 by AdamW
//                                                    with a linear schedule, and writes the losses [STEPS]

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bertforge/base/error.h"
#include "bertforge/formats/json.h"
#include "bertforge/huggingface/folder.h"
#include "bertforge/huggingface/tensor_file.h"
#include "bertforge/objective/objective.h"
#include "bertforge/text/tokenizer_folder.h"
#include "bertforge/train/optimizer.h"
#include "bertforge/train/schedule.h"
#include "support/batch_file.h"

namespace bertforge {
namespace {

constexpr std::int64_t kMaxLength = 53;

// Every weight random, biases and LayerNorm too: initial weights would hide one taken for another.
void fill_with_noise(torch::nn::Module& model) {
  const torch::NoGradGuard no_grad;
  torch::manual_seed(5);
  for (auto& item : model.named_parameters()) {
    const bool is_scale = item.key().ends_with("LayerNorm.weight");
    item.value().normal_(is_scale ? 1.0 : 0.0, 0.2);
  }
}

void write_new_model(const std::filesystem::path& vocab, const std::filesystem::path& output) {
  const auto tokenizer = load_tokenizer(vocab);
  const BertConfig config = {.vocab_size = tokenizer->vocabulary_size(),
                             .hidden_size = 36,
                             .num_hidden_layers = 3,
                             .num_attention_heads = 3,
                             .intermediate_size = 50,
                             .max_position_embeddings = kMaxLength,
                             .pad_token_id = tokenizer->special_tokens().pad};
  BertForPreTraining model(config);
  fill_with_noise(*model);
  ParameterStore store(*model, torch::kCPU, Precision::kFloat32);
  std::filesystem::create_directories(output);
  write_model(output, config, store, *tokenizer, kMaxLength);
}

struct Line {
  std::vector<std::int64_t> input_ids, token_type_ids;
};

std::vector<Line> read_lines(std::istream& input) {
  std::vector<Line> lines;
  for (std::string text; std::getline(input, text);) {
    const auto object = parse_json(text, "standard input");
    lines.push_back({object.at("input_ids"), object.at("token_type_ids")});
  }
  return lines;
}

BertInput padded_batch(const std::vector<Line>& lines) {
  std::size_t longest = 0;
  for (const Line& line : lines) longest = std::max(longest, line.input_ids.size());
  const std::vector<std::int64_t> sizes = {static_cast<std::int64_t>(lines.size()), static_cast<std::int64_t>(longest)};
  BertInput input{torch::zeros(sizes, torch::kLong), torch::zeros(sizes, torch::kLong),
                  torch::zeros(sizes, torch::kBool)};
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto row = static_cast<std::int64_t>(i), length = static_cast<std::int64_t>(lines[i].input_ids.size());
    input.token_ids[row].narrow(0, 0, length).copy_(torch::tensor(lines[i].input_ids, torch::kLong));
    input.token_type_ids[row].narrow(0, 0, length).copy_(torch::tensor(lines[i].token_type_ids, torch::kLong));
    input.attention_mask[row].narrow(0, 0, length).fill_(true);
  }
  return input;
}

void write_logits(const std::filesystem::path& folder, const std::filesystem::path& output) {
  const torch::NoGradGuard no_grad;
  LoadedModel loaded = load_model(folder);
  BERTFORGE_CHECK(loaded.new_heads.empty(), "the folder lacks heads");
  const std::vector<Line> lines = read_lines(std::cin);
  const BertInput input = padded_batch(lines);
  const auto hidden = loaded.model->encode(input, {}).last_hidden_state;
  const auto predictions =
      loaded.model->prediction_logits(hidden.flatten(0, 1)).view({hidden.size(0), hidden.size(1), -1});
  const auto next_sentence = loaded.model->seq_relationship_logits(hidden.select(1, 0));
  std::vector<NamedTensor> tensors;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto row = static_cast<std::int64_t>(i), length = static_cast<std::int64_t>(lines[i].input_ids.size());
    tensors.push_back({concat("prediction_logits.", i), predictions[row].narrow(0, 0, length)});
    tensors.push_back({concat("seq_relationship_logits.", i), next_sentence[row]});
  }
  write_tensor_file(output, tensors);
}

void write_gradients(const std::filesystem::path& folder, const std::filesystem::path& batch_file,
                     const std::string& kernels, const std::string& precision, const std::filesystem::path& output) {
  LoadedModel loaded = load_model(folder);
  ParameterStore store(*loaded.model, torch::kCPU, resolve_precision(precision, torch::kCPU));
  loaded.model->choose_kernels(kernels, &store);
  const PreTrainingBatch batch = testing::read_batch(SafetensorsFile(batch_file));
  torch::Tensor loss;
  for (const LossTerm& term : loss_terms(loaded.model, make_objectives({"masked_lm", "next_sentence"}), batch, {})) {
    const auto mean = term.sum / term.count;
    loss = loss.defined() ? loss + mean : mean;
  }
  loss.backward();
  store.collect_gradients();
  std::vector<NamedTensor> tensors;
  for (const ParameterInfo& info : store.parameters()) {
    tensors.push_back({info.name, ParameterStore::view(store.gradients(), info)});
  }
  write_tensor_file(output, tensors);
}

struct Training {
  std::filesystem::path folder, batches;
  std::string kernels;
  std::int64_t num_steps, warmup;
  double learning_rate;
};

void write_losses(const Training& training, const std::filesystem::path& output) {
  LoadedModel loaded = load_model(training.folder);
  ParameterStore store(*loaded.model, torch::kCPU, Precision::kFloat32);
  loaded.model->choose_kernels(training.kernels, &store);
  const auto optimizer = make_optimizer(store, {.learning_rate = training.learning_rate});
  optimizer->choose_kernels(loaded.model->kernels().table());
  const auto objectives = make_objectives({"masked_lm", "next_sentence"});
  const ScheduleShape shape = {.warmup = static_cast<double>(training.warmup),
                               .total = static_cast<double>(training.num_steps)};
  const SafetensorsFile batches(training.batches);
  auto losses = torch::empty({training.num_steps}, torch::kFloat);
  for (std::int64_t step = 0; step < training.num_steps; ++step) {
    const auto terms = loss_terms(loaded.model, objectives, testing::read_batch(batches, concat(step, "/")), {});
    const auto loss = terms[0].sum / terms[0].count + terms[1].sum / terms[1].count;
    losses[step] = loss.item<float>();
    store.zero_gradients();
    loss.backward();
    store.collect_gradients();
    optimizer->update(step + 1, training.learning_rate * find_schedule("linear")(static_cast<double>(step), shape),
                      clip_factor(optimizer->gradient_norm(), 1.0));
  }
  write_tensor_file(output, {{"losses", losses}});
}

}  // namespace
}  // namespace bertforge

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const auto is = [&](const char* command, std::size_t num_arguments) {
    return arguments.size() == num_arguments + 1 && arguments[0] == command;
  };
  try {
    if (is("new", 2)) {
      bertforge::write_new_model(arguments[1], arguments[2]);
    } else if (is("logits", 2)) {
      bertforge::write_logits(arguments[1], arguments[2]);
    } else if (is("gradients", 5)) {
      bertforge::write_gradients(arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
    } else if (is("losses", 7)) {
      bertforge::write_losses({.folder = arguments[1],
                               .batches = arguments[2],
                               .kernels = arguments[3],
                               .num_steps = std::stoll(arguments[4]),
                               .warmup = std::stoll(arguments[5]),
                               .learning_rate = std::stod(arguments[6])},
                              arguments[7]);
    } else {
      std::cerr << "usage: bertforge_interop_model new VOCAB OUTPUT | logits FOLDER OUTPUT |\n"
                   "                               gradients FOLDER BATCH KERNELS PRECISION OUTPUT |\n"
                   "                               losses FOLDER BATCHES KERNELS STEPS WARMUP RATE OUTPUT\n";
      return 2;
    }
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
