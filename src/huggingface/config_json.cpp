#include "bertforge/huggingface/config_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/base/numbers.h"
#include "bertforge/formats/json.h"
#include "bertforge/model/ops.h"

namespace bertforge {
namespace {

using nlohmann::json;

constexpr std::int64_t kMaxSize = 1 << 20, kMaxVocabulary = 1 << 26;

// Every field that decides what a model computes, under its key in config.json and with its bounds.
template <class Config, class Visitor>
void visit_architecture(Config& config, Visitor&& visit) {
  visit("vocab_size", config.vocab_size, 1, kMaxVocabulary);
  visit("hidden_size", config.hidden_size, 1, kMaxSize);
  visit("num_hidden_layers", config.num_hidden_layers, 1, 1000);
  visit("num_attention_heads", config.num_attention_heads, 1, kMaxSize);
  visit("intermediate_size", config.intermediate_size, 1, kMaxSize);
  visit("hidden_act", config.hidden_act, 0, 0);
  visit("max_position_embeddings", config.max_position_embeddings, 1, kMaxSize);
  visit("type_vocab_size", config.type_vocab_size, 1, kMaxSize);
  visit("layer_norm_eps", config.layer_norm_eps, 0, 1);
  visit("pad_token_id", config.pad_token_id, 0, kMaxVocabulary);
}

// And those that matter to training only.
template <class Config, class Visitor>
void visit_all(Config& config, Visitor&& visit) {
  visit_architecture(config, visit);
  visit("hidden_dropout_prob", config.hidden_dropout_prob, 0, 0.99);
  visit("attention_probs_dropout_prob", config.attention_probs_dropout_prob, 0, 0.99);
  visit("initializer_range", config.initializer_range, 0, 10);
}

std::string text_of(std::int64_t value) { return std::to_string(value); }
std::string text_of(double value) { return number_text(value); }
std::string text_of(const std::string& value) { return '"' + value + '"'; }

// Each overload leaves the default where the key is missing.
struct Reader {
  const json& object;
  const std::string& where;

  void operator()(const char* key, std::int64_t& value, std::int64_t min, std::int64_t max) const {
    value = get_int(object, key, where, value);
    check_bounds(key, value, min, max);
  }
  void operator()(const char* key, double& value, double min, double max) const {
    value = get_double(object, key, where, value);
    check_bounds(key, value, min, max);
  }
  void operator()(const char* key, std::string& value, int, int) const {
    value = get_string(object, key, where, value);
  }

  template <class T>
  void check_bounds(const char* key, T value, T min, T max) const {
    if (value >= min && value <= max) return;
    fail(ErrorKind::kInput, where, ": \"", key, "\" is ", text_of(value), "; it must be from ", text_of(min), " to ",
         text_of(max));
  }
};

// What would change the computation, and this encoder does not do.
void refuse_other_models(const json& object, const std::string& where) {
  const auto require_text = [&](const char* key, const char* only, const char* reason) {
    const std::string found = get_string(object, key, where, only);
    if (found != only)
      fail(ErrorKind::kInput, where, ": \"", key, "\" is \"", found, "\"; only \"", only, "\" is supported", reason);
  };
  const auto require_false = [&](const char* key) {
    if (get_bool(object, key, where, false)) {
      fail(ErrorKind::kInput, where, ": \"", key, "\" is true; only encoders are supported, where it is false");
    }
  };
  require_text("model_type", "bert", "");
  require_text("position_embedding_type", "absolute", ": one learned vector a position");
  require_false("is_decoder");
  require_false("add_cross_attention");
}

void check_together(const BertConfig& config, const std::string& where) {
  const auto activations = activation_names();
  if (std::find(activations.begin(), activations.end(), config.hidden_act) == activations.end()) {
    std::string known;
    for (const std::string& name : activations) known += concat(known.empty() ? "" : ", ", name);
    fail(ErrorKind::kInput, where, ": \"hidden_act\" is \"", config.hidden_act, "\"; supported are ", known);
  }
  if (config.hidden_size % config.num_attention_heads != 0) {
    fail(ErrorKind::kInput, where, ": \"hidden_size\" is ", config.hidden_size,
         "; it must be a multiple of \"num_attention_heads\", ", config.num_attention_heads);
  }
  if (config.pad_token_id >= config.vocab_size) {
    fail(ErrorKind::kInput, where, ": \"pad_token_id\" is ", config.pad_token_id, "; \"vocab_size\" is ",
         config.vocab_size, ", and it must be below");
  }
}

}  // namespace

BertConfig read_config_json(const std::filesystem::path& file) {
  const json object = read_json_file(file);
  const std::string where = file.string();
  refuse_other_models(object, where);
  BertConfig config;
  visit_all(config, Reader{object, where});
  check_together(config, where);
  return config;
}

void write_config_json(const std::filesystem::path& file, const BertConfig& config) {
  // What transformers' BertConfig has besides; dtype is what 5.x reads, torch_dtype and position_embedding_type 4.x.
  json object = {{"architectures", {"BertForPreTraining"}},
                 {"model_type", "bert"},
                 {"dtype", "float32"},
                 {"torch_dtype", "float32"},
                 {"position_embedding_type", "absolute"},
                 {"tie_word_embeddings", true},
                 {"is_decoder", false},
                 {"add_cross_attention", false},
                 {"use_cache", true},
                 {"classifier_dropout", nullptr},
                 {"bos_token_id", nullptr},
                 {"eos_token_id", nullptr}};
  visit_all(config, [&](const char* key, const auto& value, auto, auto) { object[key] = value; });
  write_file_atomic(file, object.dump(2) + "\n");
}

std::optional<std::string> architecture_difference(const BertConfig& found, const BertConfig& expected) {
  std::vector<std::pair<std::string, std::string>> wanted;
  visit_architecture(expected,
                     [&](const char* key, const auto& value, auto, auto) { wanted.emplace_back(key, text_of(value)); });
  std::optional<std::string> difference;
  std::size_t i = 0;
  visit_architecture(found, [&](const char* key, const auto& value, auto, auto) {
    const std::string& other = wanted[i++].second;
    if (!difference && text_of(value) != other) difference = concat(key, " is ", text_of(value), ", not ", other);
  });
  return difference;
}

}  // namespace bertforge
