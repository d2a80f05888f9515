#include <cmath>
#include <nlohmann/json.hpp>

#include "bertforge/base/files.h"
#include "bertforge/train/observers.h"
#include "interval_observer.h"
#include "step_lines.h"

namespace bertforge {
namespace {

using Json = nlohmann::ordered_json;

Json term_json(const TermMetrics& term) {
  Json json = {{"loss", term.loss()}, {"accuracy", term.accuracy()}, {"count", term.count}};
  if (term.class_count.empty()) return json;
  json["balanced_accuracy"] = term.balanced_accuracy();
  for (std::size_t label = 0; label < term.class_count.size(); ++label) {
    json["class_accuracy"].push_back(term.class_accuracy(label));
    json["class_count"].push_back(term.class_count[label]);
  }
  return json;
}

Json progress_json(const char* kind, const Progress& progress) {
  return {{"kind", kind},
          {"step", progress.step},
          {"epoch", progress.epoch},
          {"tokens", progress.tokens},
          {"examples", progress.examples},
          {"seconds", progress.seconds}};
}

Json report_json(const EvaluationReport& report) {
  Json json = Json::object();
  for (const TermMetrics& term : report.terms) json[term.name] = term_json(term);
  if (const TermMetrics* masked_lm = report.find("masked_lm")) {
    json["masked_lm"]["perplexity"] = std::exp(masked_lm->loss());
    if (report.unigram_baseline) {
      json["masked_lm"]["unigram_baseline"] = *report.unigram_baseline;
      json["masked_lm"]["below_baseline"] = *report.unigram_baseline - masked_lm->loss();
    }
    for (const FrequencyBand& band : report.frequency_bands) {
      json["masked_lm"]["frequency_bands"].push_back({{"first_rank", band.first_rank},
                                                      {"last_rank", band.last_rank},
                                                      {"count", band.count},
                                                      {"accuracy", band.accuracy()}});
    }
  }
  json["num_examples"] = report.num_examples;
  json["evaluation_seconds"] = report.seconds;
  return json;
}

class MetricsObserver : public IntervalObserver {
 public:
  MetricsObserver(const TrainConfig& config, std::filesystem::path file)
      : IntervalObserver(config.log_every), file_(std::move(file)) {}

  void on_start(TrainingView& view) override { drop_lines_after(file_, view.state()); }

 private:
  void write(const TrainingView& view, const EvaluationReport& report) override {
    Json line = progress_json("evaluation", view.state().progress);
    line.update(report_json(report));
    append_file(file_, line.dump() + "\n");
  }

  void write(const TrainingView& view, const IntervalMeans& interval) override {
    Json line = progress_json("train", view.state().progress);
    line["loss"] = interval.loss();
    for (const TermMetrics& term : interval.terms) line[term.name] = term_json(term);
    line["learning_rate"] = interval.learning_rate;
    line["gradient_norm"] = interval.gradient_norm();
    line["tokens_per_second"] = interval.tokens_per_second();
    append_file(file_, line.dump() + "\n");
  }

  std::filesystem::path file_;
};

}  // namespace

std::string to_json_text(const EvaluationReport& report) { return report_json(report).dump(); }

std::unique_ptr<TrainingObserver> make_metrics_observer(const TrainConfig& config, std::filesystem::path file) {
  return std::make_unique<MetricsObserver>(config, std::move(file));
}

}  // namespace bertforge
