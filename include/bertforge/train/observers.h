#pragma once
// The observers of every run: held-out evaluation, early stopping, lines and a bar on the console,
// metrics.jsonl, predictions.jsonl, TensorBoard.
//
// Fed by trainer.h; put together in app/. Checkpoints are an observer too, in checkpoint/.

#include <filesystem>
#include <memory>

#include "bertforge/model/bert.h"
#include "bertforge/train/config.h"
#include "bertforge/train/evaluator.h"
#include "bertforge/train/observer.h"
#include "bertforge/train/optimizer.h"
#include "bertforge/train/sample_sentences.h"

namespace bertforge {

// Evaluates when train.evaluate_every says so and at the end, and publishes the report; an interruption puts it off until the
// run is resumed. With optimizer.average_decay it is the averaged weights that are evaluated. Add it behind those that write down
// updates: a checkpoint that a report has saved must not know an update that stands in no file yet.
// `model` and `optimizer` outlive it.
std::unique_ptr<TrainingObserver> make_evaluation_observer(BertForPreTraining& model, Optimizer& optimizer,
                                                           Evaluator evaluator, const TrainConfig& config);

// Asks to stop after train.patience evaluations without a new best, at once where a resumed run has had them. Add it
// where patience is not 0.
std::unique_ptr<TrainingObserver> make_early_stopping_observer(const TrainConfig& config);

// A line a train.log_every and an evaluation, through base/log.h; a progress bar on terminals.
std::unique_ptr<TrainingObserver> make_console_observer(const TrainConfig& config);

// One JSON object a line, with the same figures as the console's: docs/file_formats.md. Where a run is resumed, lines of
// updates after the checkpoint go first, so that every update stands there once.
std::unique_ptr<TrainingObserver> make_metrics_observer(const TrainConfig& config, std::filesystem::path file);

// Of each evaluation, a JSON object a line with the likeliest pieces for the masks of the sentences, from the model that was
// evaluated: docs/file_formats.md. Where a run is resumed, lines of later evaluations go first.
// REQUIRES: some sentences. `model`, `optimizer` and `tokenizer` outlive it.
std::unique_ptr<TrainingObserver> make_prediction_observer(BertForPreTraining& model, Optimizer& optimizer,
                                                           const Tokenizer& tokenizer,
                                                           std::vector<SampleSentence> sentences,
                                                           std::filesystem::path file);

// The same figures as events for TensorBoard, in a new file of `folder` for each session of the run.
std::unique_ptr<TrainingObserver> make_tensorboard_observer(const TrainConfig& config, std::filesystem::path folder);

}  // namespace bertforge
