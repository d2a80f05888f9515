#include <cmath>
#include <iomanip>
#include <sstream>

#include "bertforge/base/figure_text.h"
#include "bertforge/base/log.h"
#include "bertforge/base/progress.h"
#include "bertforge/train/observers.h"
#include "interval_means.h"

namespace bertforge {
namespace {

std::string short_form(double value) {
  std::ostringstream text;
  text << std::setprecision(3) << value;
  return text.str();
}

// "masked_lm 6.210 (acc 0.121)"; with the accuracies of each class where there are few.
std::string term_text(const TermMetrics& term) {
  std::string text = concat(term.name, " ", fixed_text(term.loss(), 4), " (acc ", fixed_text(term.accuracy(), 3));
  if (!term.class_count.empty()) text += ", balanced " + fixed_text(term.balanced_accuracy(), 3);
  return text + ")";
}

class ConsoleObserver : public TrainingObserver {
 public:
  explicit ConsoleObserver(const TrainConfig& config) : config_(config) {}

  void on_start(TrainingView& view) override {
    first_share_ = view.share_done();
    first_example_ = view.state().progress.examples;
    bar_ = std::make_unique<ProgressBar>("pretrain", kBarTotal, "", bar_done(view));
  }

  void on_step(TrainingView& view, const StepReport& report) override {
    interval_.add(report);
    session_.add(report);
    const Progress& progress = view.state().progress;
    if (interval_.num_steps > 0 && is_due(config_.log_every, view.progress_before(), progress)) {
      log_info(step_line(view));
      interval_ = {};
    }
    bar_->update(bar_done(view), concat("step ", progress.step, "  loss ", fixed_text(report.loss, 3)));
  }

  void on_evaluation(TrainingView& view, const EvaluationReport& report) override {
    std::string line = concat("held-out at step ", view.state().progress.step, ":");
    for (const TermMetrics& term : report.terms) line += concat("  ", term_text(term));
    const TermMetrics* masked_lm = report.find("masked_lm");
    if (masked_lm != nullptr && report.unigram_baseline) {
      const double below = *report.unigram_baseline - masked_lm->loss();
      line += concat("  unigram baseline ", fixed_text(*report.unigram_baseline, 4), " (",
                     fixed_text(std::abs(below), 4), below < 0 ? " above it)" : " below it)");
    }
    if (view.state().best_step == view.state().progress.step) line += "  best so far";
    log_info(line);
  }

  void on_end(TrainingView& view) override {
    if (interval_.num_steps > 0 && !config_.log_every.is_zero()) log_info(step_line(view));
    bar_.reset();
    if (session_.num_steps > 0) log_info(session_line(view));
  }

 private:
  std::string step_line(const TrainingView& view) const {
    const Progress& progress = view.state().progress;
    std::string line = concat("step ", progress.step, "  epoch ", fixed_text(progress.epoch, 2), "  loss ",
                              fixed_text(interval_.loss(), 4));
    for (const TermMetrics& term : interval_.terms) line += concat("  ", term_text(term));
    line += concat("  lr ", short_form(interval_.learning_rate), "  grad norm ", short_form(interval_.gradient_norm()),
                   "  ", fixed_text(interval_.tokens_per_second(), 0), " tok/s");
    const double share = view.share_done() - first_share_;
    if (share > 0) line += concat("  left ", clock_text(session_.seconds / share * (1 - view.share_done())));
    return line;
  }

  // The two lines that d2l.ai's training prints, with the means over targets.
  std::string session_line(const TrainingView& view) const {
    std::string line = concat("means of ", session_.num_steps, session_.num_steps == 1 ? " update:" : " updates:");
    for (const TermMetrics& term : session_.terms) line += concat("  ", term_text(term));
    const auto examples = static_cast<double>(view.state().progress.examples - first_example_);
    return concat(line, "  ", fixed_text(examples / session_.seconds, 1), " examples/s");
  }

  // The budget in per mille: it may be in any unit.
  static constexpr std::uint64_t kBarTotal = 1000;
  std::uint64_t bar_done(const TrainingView& view) const {
    return static_cast<std::uint64_t>(view.share_done() * static_cast<double>(kBarTotal));
  }

  TrainConfig config_;
  IntervalMeans interval_, session_;
  double first_share_ = 0;
  std::int64_t first_example_ = 0;
  std::unique_ptr<ProgressBar> bar_;
};

}  // namespace

std::unique_ptr<TrainingObserver> make_console_observer(const TrainConfig& config) {
  return std::make_unique<ConsoleObserver>(config);
}

}  // namespace bertforge
