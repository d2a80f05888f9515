#pragma once
// Run folders made by hand, for the tests of this room.

#include <string>

#include "bertforge/base/error.h"
#include "support/temp_dir.h"

namespace bertforge::testing {

// A line of metrics.jsonl, with its end. A step is of 10 tokens and 6 seconds.
inline std::string metrics_line(const std::string& kind, int step, const std::string& members) {
  return concat("{\"kind\":\"", kind, "\",\"step\":", step, ",\"tokens\":", step * 10, ",\"seconds\":", step * 6,
                members.empty() ? "" : ",", members, "}\n");
}

inline std::string train_line(int step, double loss) {
  return metrics_line(
      "train", step,
      concat("\"loss\":", loss, ",\"masked_lm\":{\"loss\":", loss, ",\"accuracy\":0.5},\"tokens_per_second\":100"));
}

inline std::string evaluation_line(int step, double loss, double baseline = 6) {
  return metrics_line("evaluation", step,
                      concat("\"masked_lm\":{\"loss\":", loss, ",\"unigram_baseline\":", baseline,
                             ",\"below_baseline\":", baseline - loss, "},\"next_sentence\":{\"loss\":0.5,",
                             "\"balanced_accuracy\":0.75}"));
}

// A line of predictions.jsonl, with its end: "[CLS] the ? play?. [SEP]", whose hidden pieces are "cat" and "##s".
inline std::string predictions_line(int step, const std::string& first_guess, double probability,
                                    const std::string& target = "cat") {
  return concat(
      "{\"step\":", step, ",\"tokens\":", step * 10,
      ",\"samples\":[{\"text\":[\"[CLS] the \",\" play\",\". [SEP]\"],\"masks\":[{\"position\":2,\"target\":\"", target,
      "\",\"predictions\":[{\"piece\":\"", first_guess, "\",\"probability\":", probability,
      "},{\"piece\":\"of\",\"probability\":0.0312},{\"piece\":\"in\",\"probability\":0.000012}]},",
      "{\"position\":4,\"target\":\"##s\",\"predictions\":[{\"piece\":\".\",\"probability\":0.5},",
      "{\"piece\":\"##s\",\"probability\":0.25},{\"piece\":\"a\",\"probability\":null}]}]}]}\n");
}

// Writes metrics.jsonl into a new folder of that name, and returns the folder.
inline std::filesystem::path make_run(const TempDir& folder, const std::string& name, const std::string& metrics) {
  return folder.write(name + "/metrics.jsonl", metrics).parent_path();
}

inline int count_of(const std::string& text, const std::string& part) {
  int count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

}  // namespace bertforge::testing
