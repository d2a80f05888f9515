#include <chrono>

#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/formats/tensorboard.h"
#include "bertforge/train/observers.h"
#include "interval_means.h"

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
class TensorBoardObserver : public TrainingObserver {
 public:
  TensorBoardObserver(const TrainConfig& config, std::filesystem::path folder)
      : interval_length_(config.log_every), folder_(std::move(folder)) {}

  void on_start(TrainingView& view) override { first_step_ = view.state().progress.step; }

  void on_step(TrainingView& view, const StepReport& report) override {
    interval_.add(report);
    if (interval_.num_steps > 0 && is_due(interval_length_, view.progress_before(), view.state().progress)) {
      write_interval(view);
    }
  }

  void on_evaluation(TrainingView& view, const EvaluationReport& report) override {
    write_what_is_under_way(view);  // A checkpoint may be saved next, which knows these updates.
    std::vector<TensorBoardScalar> scalars;
    add_terms(scalars, "valid", report.terms);
    if (report.unigram_baseline) scalars.push_back({"valid/unigram_baseline", *report.unigram_baseline});
    write(view, scalars);
  }

  void on_end(TrainingView& view) override { write_what_is_under_way(view); }

 private:
  void write_what_is_under_way(const TrainingView& view) {
    if (interval_.num_steps > 0 && !interval_length_.is_zero()) write_interval(view);
  }

  void write_interval(const TrainingView& view) {
    std::vector<TensorBoardScalar> scalars = {{"train/loss", interval_.loss()}};
    add_terms(scalars, "train", interval_.terms);
    scalars.push_back({"optimizer/learning_rate", interval_.learning_rate});
    scalars.push_back({"optimizer/gradient_norm", interval_.gradient_norm()});
    scalars.push_back({"speed/tokens_per_second", interval_.tokens_per_second()});
    write(view, scalars);
    interval_ = {};
  }

  void write(const TrainingView& view, const std::vector<TensorBoardScalar>& scalars) {
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

  Duration interval_length_;
  std::filesystem::path folder_, file_;
  std::int64_t first_step_ = 0;
  IntervalMeans interval_;
};

}  // namespace

std::unique_ptr<TrainingObserver> make_tensorboard_observer(const TrainConfig& config, std::filesystem::path folder) {
  return std::make_unique<TensorBoardObserver>(config, std::move(folder));
}

}  // namespace bertforge
