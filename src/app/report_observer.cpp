#include "report_observer.h"

#include <exception>
#include <utility>

#include "bertforge/base/files.h"
#include "bertforge/base/log.h"
#include "bertforge/report/run_report.h"

namespace bertforge {
namespace {

class ReportObserver : public TrainingObserver {
 public:
  explicit ReportObserver(RunPaths paths) : paths_(std::move(paths)) {}

  void on_step(TrainingView&, const StepReport&) override { has_news_ = true; }
  void on_evaluation(TrainingView&, const EvaluationReport&) override { write_report(); }
  void on_end(TrainingView&) override {
    if (has_news_) write_report();  // A complete run that is started again stays as it is.
  }

 private:
  // Nothing that goes wrong here is worth a training.
  void write_report() const {
    try {
      if (!path_exists(paths_.metrics_jsonl())) return;  // Neither logs nor evaluations were asked for.
      write_file_atomic(paths_.report_html(), run_report_html(read_full_run(paths_.root)));
    } catch (const std::exception& error) {
      log_warning("no report was written: ", error.what());
    }
  }

  RunPaths paths_;
  bool has_news_ = false;
};

}  // namespace

std::unique_ptr<TrainingObserver> make_report_observer(RunPaths paths) {
  return std::make_unique<ReportObserver>(std::move(paths));
}

}  // namespace bertforge
