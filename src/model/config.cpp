#include "bertforge/model/config.h"

#include "bertforge/base/error.h"
#include "bertforge/model/ops.h"

namespace bertforge {

void BertConfig::validate(const std::string& where) const {
  const auto require_positive = [&](const char* name, std::int64_t value) {
    if (value < 1) fail(ErrorKind::kUsage, where, ": ", name, " is ", value, "; it must be at least 1");
  };
  require_positive("vocab_size", vocab_size);
  require_positive("hidden_size", hidden_size);
  require_positive("num_hidden_layers", num_hidden_layers);
  require_positive("num_attention_heads", num_attention_heads);
  require_positive("intermediate_size", intermediate_size);
  require_positive("max_position_embeddings", max_position_embeddings);
  require_positive("type_vocab_size", type_vocab_size);
  if (hidden_size % num_attention_heads != 0) {
    fail(ErrorKind::kUsage, where, ": hidden_size ", hidden_size, " is not a multiple of num_attention_heads ",
         num_attention_heads, "; every head has hidden_size / num_attention_heads elements");
  }
  if (pad_token_id < 0 || pad_token_id >= vocab_size) {
    fail(ErrorKind::kUsage, where, ": pad_token_id ", pad_token_id, " is outside the vocabulary of ", vocab_size);
  }
  find_activation(hidden_act);
}

void visit_fields(BertConfig& config, FieldList& list) {
  constexpr std::int64_t kMaxSize = 1 << 20;
  list.add("hidden_size", config.hidden_size, "Width of the hidden states.", {1, kMaxSize});
  list.add("num_hidden_layers", config.num_hidden_layers, "Encoder layers.", {1, 1000});
  list.add("num_attention_heads", config.num_attention_heads, "Attention heads; they divide hidden_size.", {1, 1000});
  list.add("intermediate_size", config.intermediate_size, "Width of the feed-forward layer, usually 4 x hidden_size.",
           {1, kMaxSize});
  list.add("hidden_act", config.hidden_act, "Activation of the feed-forward layer and the masked-LM head.",
           activation_names());
  list.add("hidden_dropout_prob", config.hidden_dropout_prob, "Dropout of embeddings and layer outputs.", {0, 0.99});
  list.add("attention_probs_dropout_prob", config.attention_probs_dropout_prob, "Dropout of attention probabilities.",
           {0, 0.99});
  list.add("max_position_embeddings", config.max_position_embeddings, "Longest sequence the model can read, in pieces.",
           {1, 65536});
  list.add("type_vocab_size", config.type_vocab_size, "Segment embeddings; sentence pairs need 2.", {2, 16});
  list.add("initializer_range", config.initializer_range, "Standard deviation of the initial weights.", {0, 10});
  list.add("position_initializer", config.position_initializer,
           "Initial position embeddings: normal, as all weights; or sinusoidal, so that neighbours are alike from the "
           "start: small "
           "models learn word order sooner.",
           position_initializers());
  list.add("layer_norm_eps", config.layer_norm_eps, "Added to the variance in LayerNorm.", {0, 1});
}

}  // namespace bertforge
