#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/formats/json.h"
#include "bertforge/train/observers.h"
#include "step_lines.h"

namespace bertforge {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kMostPredictions = 3;  // Of a mask.

// The likeliest pieces of P masks, each mask's likeliest first.
struct LikeliestPieces {
  at::Tensor probabilities;  // [P, K] float32
  at::Tensor ids;            // [P, K] int64

  std::int64_t id(std::int64_t mask, std::int64_t k) const {
    return ids.const_data_ptr<std::int64_t>()[mask * ids.size(1) + k];
  }
  double probability(std::int64_t mask, std::int64_t k) const {
    return probabilities.const_data_ptr<float>()[mask * ids.size(1) + k];
  }
};

// More digits are noise to who reads the file.
double to_six_places(double probability) { return std::round(probability * 1e6) / 1e6; }

class PredictionObserver : public TrainingObserver {
 public:
  PredictionObserver(BertForPreTraining& model, Optimizer& optimizer, const Tokenizer& tokenizer,
                     std::vector<SampleSentence> sentences, std::filesystem::path file)
      : model_(model),
        optimizer_(optimizer),
        tokenizer_(tokenizer),
        sentences_(std::move(sentences)),
        file_(std::move(file)) {
    std::vector<Example> examples;
    for (const SampleSentence& sentence : sentences_) examples.push_back(sentence.example);
    batch_ = collate(examples);
  }

  void on_start(TrainingView& view) override { drop_evaluations_after(file_, view.state()); }

  void on_evaluation(TrainingView& view, const EvaluationReport&) override {
    const Progress& progress = view.state().progress;
    append_file(file_, dump_ordered_json_line(line_of(progress, predict())) + "\n");
  }

 private:
  // The model that was evaluated; a forward pass of a few short sequences.
  LikeliestPieces predict() {
    const torch::NoGradGuard no_grad;
    const AveragedWeights averaged(optimizer_);
    const at::Device device = model_->bert->embeddings->word_embeddings->weight.device();
    const PreTrainingBatch tensors = to_tensors(batch_, model_->config.pad_token_id, device);
    ForwardContext context;
    context.output_rows = tensors.targets.masked_rows;
    const at::Tensor hidden = model_->encode(tensors.input, context).last_hidden_state;  // [P, H]
    const std::int64_t num_pieces = tokenizer_.vocabulary_size();
    const at::Tensor logits = model_->prediction_logits(hidden).narrow(1, 0, num_pieces).to(at::kFloat);
    const auto [probabilities, ids] = torch::softmax(logits, 1).topk(std::min(kMostPredictions, num_pieces), 1);
    return {probabilities.cpu().contiguous(), ids.cpu().contiguous()};
  }

  Json line_of(const Progress& progress, const LikeliestPieces& pieces) const {
    Json line = {{"step", progress.step}, {"tokens", progress.tokens}, {"samples", Json::array()}};
    std::int64_t first_mask = 0;
    for (const SampleSentence& sentence : sentences_) {
      line["samples"].push_back(sample_json(sentence, pieces, first_mask));
      first_mask += std::ssize(sentence.example.masked_labels);
    }
    return line;
  }

  // `first_mask`: which of the batch's masks is the sentence's first.
  Json sample_json(const SampleSentence& sentence, const LikeliestPieces& pieces, std::int64_t first_mask) const {
    Json sample = {{"text", sentence.text}, {"masks", Json::array()}};
    for (std::size_t i = 0; i < sentence.example.masked_labels.size(); ++i) {
      Json mask = {{"position", sentence.example.masked_positions[i]},
                   {"target", tokenizer_.piece(sentence.example.masked_labels[i])},
                   {"predictions", Json::array()}};
      const std::int64_t row = first_mask + static_cast<std::int64_t>(i);
      for (std::int64_t k = 0; k < pieces.ids.size(1); ++k) {
        mask["predictions"].push_back({{"piece", tokenizer_.piece(static_cast<TokenId>(pieces.id(row, k)))},
                                       {"probability", to_six_places(pieces.probability(row, k))}});
      }
      sample["masks"].push_back(std::move(mask));
    }
    return sample;
  }

  BertForPreTraining& model_;
  Optimizer& optimizer_;
  const Tokenizer& tokenizer_;
  std::vector<SampleSentence> sentences_;
  std::filesystem::path file_;
  Batch batch_;  // Of the sentences.
};

}  // namespace

std::unique_ptr<TrainingObserver> make_prediction_observer(BertForPreTraining& model, Optimizer& optimizer,
                                                           const Tokenizer& tokenizer,
                                                           std::vector<SampleSentence> sentences,
                                                           std::filesystem::path file) {
  BERTFORGE_CHECK(!sentences.empty(), "no sample sentences");
  return std::make_unique<PredictionObserver>(model, optimizer, tokenizer, std::move(sentences), std::move(file));
}

}  // namespace bertforge
