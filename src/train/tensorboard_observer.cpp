#include <chrono>

#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/formats/tensorboard.h"
#include "bertforge/train/observers.h"
#include "interval_observer.h"

namespace bertforge {
namespace {

double wall_time() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

void add_terms(std::vector<TensorBoardScalar>& scalars, const std::string& section,
               const std::vector<TermMetrics>& terms) {
  for (const TermMetrics& term : terms) {
    scalars.push_back({section + "/" + term.name + "_loss", term.loss()});
    const bool has_classes = !term.class_count.empty();
    scalars.push_back({section + "/" + term.name + (has_classes ? "_balanced_accuracy" : "_accuracy"),
                       has_classes ? term.balanced_accuracy() : term.accuracy()});
  }
}

// The same figures at the same steps as metrics.jsonl.
class TensorBoardObserver : public IntervalObserver {
 public:
  TensorBoardObserver(const TrainConfig& config, std::filesystem::path folder)
      : IntervalObserver(config.log_every), folder_(std::move(folder)) {}

  void on_start(TrainingView& view) override { first_step_ = view.state().progress.step; }

 private:
  void write(const TrainingView& view, const EvaluationReport& report) override {
    std::vector<TensorBoardScalar> scalars;
    add_terms(scalars, "valid", report.terms);
    if (report.unigram_baseline) scalars.push_back({"valid/unigram_baseline", *report.unigram_baseline});
    append(view, scalars);
  }

  void write(const TrainingView& view, const IntervalMeans& interval) override {
    std::vector<TensorBoardScalar> scalars = {{"train/loss", interval.loss()}};
    add_terms(scalars, "train", interval.terms);
    scalars.push_back({"optimizer/learning_rate", interval.learning_rate});
    scalars.push_back({"optimizer/gradient_norm", interval.gradient_norm()});
    scalars.push_back({"speed/tokens_per_second", interval.tokens_per_second()});
    append(view, scalars);
  }

  void append(const TrainingView& view, const std::vector<TensorBoardScalar>& scalars) {
    const double now = wall_time();
    std::string records;
    if (file_.empty()) open(now, records);
    append_tensorboard_scalars(records, now, view.state().progress.step, scalars);
    append_file(file_, records);
  }

  // A session that does nothing leaves no file. TensorBoard reads the files of a folder in the order of their names.
  void open(double now, std::string& records) {
    std::filesystem::create_directories(folder_);
    file_ = folder_ / concat("events.out.tfevents.", static_cast<std::int64_t>(now * 1e3), ".bertforge");
    append_tensorboard_start(records, now, first_step_);
  }

  std::filesystem::path folder_, file_;
  std::int64_t first_step_ = 0;
};

}  // namespace

std::unique_ptr<TrainingObserver> make_tensorboard_observer(const TrainConfig& config, std::filesystem::path folder) {
  return std::make_unique<TensorBoardObserver>(config, std::move(folder));
}

}  // namespace bertforge
