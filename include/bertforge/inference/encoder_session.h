#pragma once
// A model folder, loaded to be asked: its encoder, its heads and its tokenizer, without dropout and without gradients.
//
//   EncoderSession session("runs/quickstart/best");
//   const auto sequences = std::vector{session.sequence_maker().make("A river carries sand.")};
//   session.run(sequences, [](const SequenceBatch& batch) {
//     // batch.output.hidden_states: L + 1 of [B, T, H], [0] the embeddings
//   });
//
// Fed by huggingface/folder.h; eaten by embedding.h, fill_mask.h and next_sentence.h.
//   B  sequences of a batch      T  tokens of the longest      H  hidden size      L  layers

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bertforge/huggingface/folder.h"
#include "bertforge/inference/sequence.h"
#include "bertforge/model/bert.h"
#include "bertforge/model/parameters.h"

namespace bertforge {

struct SessionOptions {
  std::string device = "auto";          // As resolve_device() takes it.
  std::string precision = "float32";    // As resolve_precision() takes it.
  std::string kernels = "auto";         // As resolve_kernels() takes it.
  std::int64_t max_length = 0;          // Tokens of a sequence, [CLS] and [SEP] included; 0: the model's positions.
  std::int64_t batch_tokens = 1 << 13;  // Of a batch, padding included: bounds the memory.
};

// The encoder's answer for some of the sequences.
struct SequenceBatch {
  const std::vector<std::size_t>& indices;  // [B], into the sequences of run()
  const EncoderOutput& output;              // hidden_states are there; last_hidden_state is [B, T, H].
};

class EncoderSession {
 public:
  // Error(kUsage): no model folder; a max_length that the model has no positions for. Error(kInput): the files make no
  // model, or a tokenizer without [CLS] and [SEP].
  explicit EncoderSession(const std::filesystem::path& folder, const SessionOptions& options = {});

  const BertConfig& config() const { return loaded_.config; }
  const Tokenizer& tokenizer() const { return *tokenizer_; }
  const std::filesystem::path& folder() const { return folder_; }
  std::int64_t max_length() const { return max_length_; }
  BertForPreTraining& model() { return loaded_.model; }

  // `segment`: the type of the tokens of single texts.
  SequenceMaker sequence_maker(std::int64_t segment = 0,
                               SpecialTokensInText specials = SpecialTokensInText::kAreText) const;

  // Calls `use` for batches of the sequences, in an order of lengths, until each was in one. Tensors are on the device,
  // in the precision of the session, and need no gradients; padding stands behind a sequence's own tokens.
  // Error(kUsage): a sequence has two segments, and the model one.
  void run(const std::vector<Sequence>& sequences, const std::function<void(const SequenceBatch&)>& use);

  // Error(kUsage) where the folder has no weights of a head ("masked_lm", "next_sentence", "pooler"), without which
  // there is no `purpose` ("fill-mask").
  void require_head(const std::string& head, const std::string& purpose) const;

 private:
  std::filesystem::path folder_;
  at::Device device_;  // Before the weights are read: a device that is not there is told at once.
  LoadedModel loaded_;
  ParameterStore store_;
  std::unique_ptr<Tokenizer> tokenizer_;
  std::int64_t max_length_, batch_tokens_;
};

}  // namespace bertforge
