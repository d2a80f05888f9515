#include "bertforge/train/config.h"

#include <cmath>

#include "bertforge/base/error.h"
#include "bertforge/model/device.h"
#include "bertforge/objective/objective.h"

namespace bertforge {

namespace {

std::string schedule_help() {
  std::string help = "How the learning rate goes on after warm-up";
  for (const ScheduleEntry& entry : schedule_table()) help += concat("; ", entry.name, ": ", entry.help);
  return help + ".";
}

// What else a ramp must be is a matter of the loader (data/batch_loader.h), which knows examples alone.
void require_ramp_in_examples(const Duration& ramp) {
  if (ramp.is_zero() || (ramp.unit == Duration::Unit::kExamples && ramp.amount >= 1)) return;
  fail(ErrorKind::kUsage, "train.batch_ramp is \"", to_string(ramp),
       "\"; it must be in examples, which is all that batches made ahead know: \"50000 examples\"");
}

}  // namespace

ScheduleShape TrainConfig::schedule_shape() const {
  return {.warmup = warmup.is_zero() ? warmup_share * duration.amount : warmup.amount,
          .total = duration.amount,
          .decay = decay_share * duration.amount,
          .power = schedule_power,
          .final_share = final_rate_share};
}

void TrainConfig::validate() const {
  if (duration.is_zero()) fail(ErrorKind::kUsage, "train.duration is 0; say how long to train, such as \"2000 steps\"");
  if (!warmup.is_zero() && warmup.unit != duration.unit) {
    fail(ErrorKind::kUsage, "train.warmup is \"", to_string(warmup), "\" and train.duration \"", to_string(duration),
         "\"; both must be in the same unit");
  }
  if (schedule_shape().warmup > duration.amount) {
    fail(ErrorKind::kUsage, "train.warmup is \"", to_string(warmup), "\", longer than train.duration, \"",
         to_string(duration), "\": the learning rate would never reach its peak; make it shorter, or \"0 steps\" for ",
         "train.warmup_share");
  }
  if (batch_tokens == 0 && micro_batch_size > batch_size) {
    fail(ErrorKind::kUsage, "train.micro_batch_size ", micro_batch_size, " is larger than train.batch_size ",
         batch_size);
  }
  require_ramp_in_examples(batch_ramp);
  find_schedule(schedule);
  if (schedule == "inverse_sqrt" && schedule_shape().warmup == 0) {
    fail(ErrorKind::kUsage, "train.schedule \"inverse_sqrt\" falls from the end of a warm-up, and train.warmup and ",
         "train.warmup_share are 0; set one of them");
  }
  make_objectives(objectives);
}

void visit_fields(TrainConfig& config, FieldList& list) {
  list.add("duration", config.duration, "How long to train: \"2000 steps\", \"3 epochs\", \"40 Mtok\", \"30 min\".");
  list.add("batch_size", config.batch_size, "Sequences an update.", {1, 1 << 24});
  list.add("batch_tokens", config.batch_tokens,
           "Tokens an update, in whole sequences, instead of batch_size; 0 for batch_size.", {0, 1 << 30});
  list.add("initial_batch_size", config.initial_batch_size,
           "Sequences of the first update: batches grow from here to batch_size while train.batch_ramp lasts; 0 for "
           "batch_size from the start.",
           {0, 1 << 24});
  list.add("batch_ramp", config.batch_ramp, "How long batches grow, in examples: \"50000 examples\".");
  list.add("micro_batch_size", config.micro_batch_size,
           "Sequences a forward pass, gradients being added up; 0 for all of them. Where memory runs out they are "
           "halved for the rest of the session. Results differ by rounding only.",
           {0, 1 << 24});
  list.add("activation_checkpointing", config.activation_checkpointing,
           "Layers keep their inputs alone and compute the rest again in the backward pass: the same results, less "
           "memory, the time of one more forward pass.");
  list.add("length_window", config.length_window,
           "Make batches of examples of like length, among so many of the shuffled epoch, and draw their order: less "
           "padding where a device pads; 0 for batches as they are shuffled.",
           {0, 1 << 24});
  list.add("schedule", config.schedule, schedule_help(), schedule_names());
  list.add("warmup_share", config.warmup_share, "Share of the run in which the learning rate rises to its peak.",
           {0, 1});
  list.add("warmup", config.warmup, "The same as a duration in the unit of train.duration; 0 for warmup_share.");
  list.add("decay_share", config.decay_share,
           "trapezoid: share of the run, at its end and behind warm-up, in which the rate falls.", {0, 1});
  list.add("schedule_power", config.schedule_power, "polynomial: the rate falls as this power of the share left.",
           {0.01, 100});
  list.add("final_rate_share", config.final_rate_share,
           "What linear, cosine, polynomial and trapezoid fall to at the end of the run, as a share of the peak.",
           {0, 1});
  list.add("precision", config.precision,
           "What the model computes in; the master weights are float32 always. auto: bfloat16 where the device has "
           "instructions for it, else float32, and on CUDA float16, for which the loss is scaled.",
           precision_names());
  list.add(
      "float32_matmul", config.float32_matmul,
      "How CUDA multiplies float32 matrices: highest, in float32, or high, by TF32, whose factors have ten bits of "
      "mantissa, on the tensor cores of Ampere and later devices.",
      float32_matmul_names());
  list.add(
      "kernels", config.kernels,
      "Which code computes on a CPU: plain (LibTorch's operations), or fused kernels for a set of instructions; auto: "
      "the best ones that this CPU runs, or what BERTFORGE_KERNELS names.",
      kernel_choices());
  list.add("objectives", config.objectives, "What to train on; the loss is the sum of their means.");
  list.add("seed", config.seed, "Decides weights, examples, masks and dropout.", {0, std::int64_t{1} << 53});
  list.add("log_every", config.log_every, "How often losses are printed and written; 0 for never.");
  list.add("evaluate_every", config.evaluate_every,
           "How often held-out examples are evaluated; 0 for at the end only.");
  list.add("evaluate_examples", config.evaluate_examples, "At most so many held-out examples.", {1, 1 << 30});
  list.add("patience", config.patience,
           "Evaluations in a row without a lower held-out loss after which training ends; 0 for never.", {0, 1 << 20});
  list.add("on_non_finite", config.on_non_finite,
           "When a loss or gradient is not finite: stop, or skip that update (and stop after ten in a row).",
           {"stop", "skip"});
  list.add("checkpoint_every", config.checkpoint_every, "How often a checkpoint is saved; 0 for at the end only.");
  list.add("keep_last", config.keep_last, "Checkpoints kept besides the best; 0 for all.", {0, 1 << 20});
}

bool is_due(const Duration& interval, const Progress& before, const Progress& after) {
  if (interval.is_zero()) return false;
  return std::floor(after.in(interval.unit) / interval.amount) > std::floor(before.in(interval.unit) / interval.amount);
}

}  // namespace bertforge
