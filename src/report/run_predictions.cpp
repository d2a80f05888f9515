#include "bertforge/report/run_predictions.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/checkpoint/paths.h"
#include "bertforge/formats/json.h"
#include "json_lines.h"

namespace bertforge {
namespace {

using nlohmann::json;

const json& get_list(const json& object, const char* key, const std::string& where) {
  const json& list = get_member(object, key, where);
  if (!list.is_array())
    fail(ErrorKind::kInput, where, ": \"", key, "\" is of type ", list.type_name(), "; it must be a list");
  return list;
}

MaskPredictions read_mask(const json& object, const std::string& where) {
  MaskPredictions mask{get_int(object, "position", where), get_string(object, "target", where), {}};
  for (const json& prediction : get_list(object, "predictions", where)) {
    mask.predictions.push_back(
        {get_string(prediction, "piece", where),
         get_double(prediction, "probability", where, std::numeric_limits<double>::quiet_NaN())});
  }
  return mask;
}

SentencePredictions read_sentence(const json& object, const std::string& where) {
  SentencePredictions sentence{get_strings(object, "text", where), {}};
  for (const json& mask : get_list(object, "masks", where)) sentence.masks.push_back(read_mask(mask, where));
  if (sentence.text.size() != sentence.masks.size() + 1) {
    fail(ErrorKind::kInput, where, ": \"text\" has ", sentence.text.size(), " parts around ", sentence.masks.size(),
         " masks; it must have one more than there are masks");
  }
  return sentence;
}

PredictionPoint read_prediction_point(const json& line, const std::string& where) {
  PredictionPoint point{get_int(line, "step", where), get_int(line, "tokens", where), {}};
  for (const json& sample : get_list(line, "samples", where)) point.sentences.push_back(read_sentence(sample, where));
  return point;
}

}  // namespace

bool SentencePredictions::is_same_sentence(const SentencePredictions& other) const {
  return text == other.text &&
         std::ranges::equal(masks, other.masks, {}, &MaskPredictions::target, &MaskPredictions::target);
}

std::vector<PredictionPoint> read_run_predictions(const std::filesystem::path& folder) {
  const auto file = RunPaths{folder}.predictions_jsonl();
  std::vector<PredictionPoint> points;
  if (!path_exists(file)) return points;
  for_each_json_line(
      file, [&](const json& line, const std::string& where) { points.push_back(read_prediction_point(line, where)); });
  return points;
}

}  // namespace bertforge
