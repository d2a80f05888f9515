#pragma once
// The observer that saves checkpoints during training.
//
// Fed by train/trainer.h; added by app/ after the evaluation observer, so that the checkpoint of a step knows its evaluation.

#include <filesystem>
#include <memory>

#include "bertforge/checkpoint/checkpoint.h"
#include "bertforge/train/config.h"
#include "bertforge/train/observer.h"

namespace bertforge {

// Saves when train.checkpoint_every says so, when an evaluation is the best so far (RUN/best then leads to that step), and at
// the end, interrupted runs included; keeps the newest train.keep_last, the best and the latest. Nothing is saved twice.
// `parts` is copied, what it refers to outlives the observer.
// Where the optimizer's state is cut into shares, the other ranks of `group` have make_share_observer()'s in this one's place.
// At the start: Error(kUsage) where the run folder has whole checkpoints of later steps than training begins at, because two
// histories in one folder cannot be told apart.
std::unique_ptr<TrainingObserver> make_checkpoint_observer(std::filesystem::path run_folder,
                                                           const CheckpointParts& parts, const TrainConfig& config,
                                                           ProcessGroup& group = solo_group());

// Gives rank 0 this rank's share of the optimizer's state whenever it saves; the optimizer is sharded and outlives the observer.
std::unique_ptr<TrainingObserver> make_share_observer(Optimizer& optimizer, ProcessGroup& group);

}  // namespace bertforge
