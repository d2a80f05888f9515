#pragma once
// A model folder of random weights and odd sizes, and a session on it.

#include "bertforge/base/files.h"
#include "bertforge/inference/encoder_session.h"
#include "bertforge/text/wordpiece_tokenizer.h"
#include "support/temp_dir.h"

namespace bertforge::testing {

inline std::unique_ptr<Tokenizer> toy_tokenizer() {
  return std::make_unique<WordPieceTokenizer>(
      Vocabulary({"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "bank", "river", "##s", "##ide", ".", "money"},
                 "toy"),
      TokenizerConfig(), "toy");
}

class ToySession {
 public:
  explicit ToySession(const SessionOptions& options = {}) {
    const BertConfig config = {.vocab_size = 12,
                               .hidden_size = 15,
                               .num_hidden_layers = 3,
                               .num_attention_heads = 3,
                               .intermediate_size = 22,
                               .max_position_embeddings = 17};
    BertForPreTraining model(config);
    initialize_weights(model, 7);
    ParameterStore store(*model, at::kCPU, Precision::kFloat32);
    write_model(folder_.path(), config, store, *toy_tokenizer(), 17);
    session_ = std::make_unique<EncoderSession>(folder_.path(), options);
  }
  EncoderSession& operator*() { return *session_; }
  EncoderSession* operator->() { return session_.get(); }

 private:
  TempDir folder_;
  std::unique_ptr<EncoderSession> session_;
};

}  // namespace bertforge::testing
