#include "bertforge/huggingface/tensor_names.h"

#include <array>

namespace bertforge {
namespace {

constexpr std::array kHeads = {HeadName{"pooler", "bert.pooler."}, HeadName{"masked_lm", "cls.predictions."},
                               HeadName{"next_sentence", "cls.seq_relationship."}};

struct Specs {
  std::vector<TensorSpec> list;

  void add(const std::string& name, std::vector<std::int64_t> shape) { list.push_back({name, std::move(shape)}); }
  void add_linear(const std::string& name, std::int64_t num_inputs, std::int64_t num_outputs) {
    add(name + ".weight", {num_outputs, num_inputs});
    add(name + ".bias", {num_outputs});
  }
  void add_layer_norm(const std::string& name, std::int64_t size) {
    add(name + ".weight", {size});
    add(name + ".bias", {size});
  }
};

void add_embeddings(Specs& specs, const BertConfig& config) {
  const std::string name = "bert.embeddings.";
  specs.add(name + "word_embeddings.weight", {config.vocab_size, config.hidden_size});
  specs.add(name + "position_embeddings.weight", {config.max_position_embeddings, config.hidden_size});
  specs.add(name + "token_type_embeddings.weight", {config.type_vocab_size, config.hidden_size});
  specs.add_layer_norm(name + "LayerNorm", config.hidden_size);
}

void add_layer(Specs& specs, const BertConfig& config, std::int64_t layer) {
  const std::string name = "bert.encoder.layer." + std::to_string(layer) + ".";
  const std::int64_t hidden = config.hidden_size;
  for (const char* projection : {"query", "key", "value"}) {
    specs.add_linear(name + "attention.self." + projection, hidden, hidden);
  }
  specs.add_linear(name + "attention.output.dense", hidden, hidden);
  specs.add_layer_norm(name + "attention.output.LayerNorm", hidden);
  specs.add_linear(name + "intermediate.dense", hidden, config.intermediate_size);
  specs.add_linear(name + "output.dense", config.intermediate_size, hidden);
  specs.add_layer_norm(name + "output.LayerNorm", hidden);
}

void add_heads(Specs& specs, const BertConfig& config) {
  specs.add_linear("bert.pooler.dense", config.hidden_size, config.hidden_size);
  specs.add("cls.predictions.bias", {config.vocab_size});
  specs.add_linear("cls.predictions.transform.dense", config.hidden_size, config.hidden_size);
  specs.add_layer_norm("cls.predictions.transform.LayerNorm", config.hidden_size);
  specs.add_linear("cls.seq_relationship", config.hidden_size, 2);
}

void replace_suffix(std::string& name, std::string_view suffix, std::string_view replacement) {
  if (name.ends_with(suffix)) name.replace(name.size() - suffix.size(), suffix.size(), replacement);
}

}  // namespace

std::vector<TensorSpec> tensor_specs(const BertConfig& config) {
  Specs specs;
  add_embeddings(specs, config);
  for (std::int64_t layer = 0; layer < config.num_hidden_layers; ++layer) add_layer(specs, config, layer);
  add_heads(specs, config);
  return std::move(specs.list);
}

std::string canonical_tensor_name(std::string_view found) {
  std::string name(found);
  for (const char* part : {"embeddings.", "encoder.", "pooler."}) {
    if (name.starts_with(part)) {
      name.insert(0, "bert.");
      break;
    }
  }
  replace_suffix(name, "LayerNorm.gamma", "LayerNorm.weight");
  replace_suffix(name, "LayerNorm.beta", "LayerNorm.bias");
  if (name == "cls.predictions.decoder.weight") return "bert.embeddings.word_embeddings.weight";
  if (name == "cls.predictions.decoder.bias") return "cls.predictions.bias";
  return name;
}

bool is_constant_buffer(std::string_view name) {
  return name.ends_with("embeddings.position_ids") || name.ends_with("embeddings.token_type_ids");
}

std::optional<HeadName> head_of(std::string_view parameter_name) {
  for (const HeadName& head : kHeads) {
    if (parameter_name.starts_with(head.prefix)) return head;
  }
  return std::nullopt;
}

}  // namespace bertforge
