#pragma once
// What a run's model said of its sample sentences, read from its predictions.jsonl.
//
// Fed by what train/'s prediction observer wrote (docs/file_formats.md); shown by run_report.h. The file is anyone's: nothing of
// it is believed before it is checked.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace bertforge {

struct PiecePrediction {
  std::string piece;
  double probability = 0;  // NaN where it was not finite.
};

// A hidden piece, and what the model thought it is, the likeliest first.
struct MaskPredictions {
  std::int64_t position = 0;  // Of the piece in its sequence; [CLS] is 0.
  std::string target;
  std::vector<PiecePrediction> predictions;

  bool is_right() const { return !predictions.empty() && predictions.front().piece == target; }
};

struct SentencePredictions {
  std::vector<std::string> text;       // Before, between and behind the masks: one part more than there are masks.
  std::vector<MaskPredictions> masks;  // As they stand.

  bool is_same_sentence(const SentencePredictions& other) const;  // Text and targets.
};

// An evaluation.
struct PredictionPoint {
  std::int64_t step = 0, tokens = 0;  // So far
  std::vector<SentencePredictions> sentences;
};

// Of a run folder, as they stand in the file: by step; none where there is no predictions.jsonl. A last line that a crash cut short
// is passed over. Error(kInput), with FILE:LINE: a line that is no JSON, or a value of the wrong type.
std::vector<PredictionPoint> read_run_predictions(const std::filesystem::path& folder);

}  // namespace bertforge
