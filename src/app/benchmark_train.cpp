// bertforge benchmark train

#include <ATen/Parallel.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "benchmark_workload.h"
#include "benchmarks.h"
#include "bertforge/app/common_options.h"
#include "bertforge/base/cpu.h"
#include "bertforge/base/error.h"
#include "bertforge/base/memory.h"
#include "bertforge/base/parallel.h"
#include "bertforge/formats/json.h"
#include "bertforge/model/cuda_devices.h"
#include "measured_training.h"
#include "torch_errors.h"

namespace bertforge {
namespace {

void add_options(CommandLine& line, TrainBenchmark& benchmark) {
  auto& options = line.options();
  options.add("--hidden", benchmark.model.hidden_size, "Hidden size", {.min = 1, .max = 1 << 20});
  options.add("--layers", benchmark.model.num_hidden_layers, "Layers", {.min = 1, .max = 1000});
  options.add("--heads", benchmark.model.num_attention_heads, "Attention heads", {.min = 1, .max = 65535});
  options.add("--ffn", benchmark.model.intermediate_size, "Intermediate size of the feed-forward network",
              {.min = 1, .max = 1 << 24});
  options.add("--vocab-size", benchmark.model.vocab_size, "Pieces of the vocabulary", {.min = 8, .max = 1 << 28});
  options.add("--seq", benchmark.sequence_length, "Tokens of a sequence", {.min = 3, .max = 65535});
  options.add("--min-seq", benchmark.min_sequence_length,
              "Lengths are drawn evenly from here to --seq; 0: all are of --seq", {.min = 0, .max = 65535});
  options.add("--batch-size", benchmark.batch_size, "Sequences of a batch", {.min = 1, .max = 1 << 20});
  options.add("--dropout", benchmark.dropout, "Probability of dropout", {.min = 0, .max = 0.9});
  options.add("--activation-checkpointing", benchmark.checkpoints_activations,
              "Layers keep their inputs alone and compute the rest again in the backward pass");
  options.add("--device", benchmark.device, "Where to compute: cpu, cuda, cuda:N, or auto, CUDA where there is one");
  options.add("--precision", benchmark.precision, "What to compute in", precision_names());
  options.add("--float32-matmul", benchmark.float32_matmul, "CUDA's products of float32 matrices; high: by TF32",
              float32_matmul_names());
  options.add("--kernels", benchmark.kernels, "Which code computes; auto: the best one that this CPU runs",
              kernel_choices());
  std::vector<std::string> others = kernel_choices();
  others.insert(others.begin(), "");
  options.add("--against", benchmark.against, "Other code that takes turns with it, step by step", others);
  options.add("--steps", benchmark.num_steps, "Steps that are measured", {.min = 1, .max = 100000});
  options.add("--warmup", benchmark.num_warmups, "Steps before them", {.min = 0, .max = 1000});
  add_threads_option(line, benchmark.num_threads);
}

// What --kernels names, and behind it what --against does; they have taken turns.
std::vector<std::unique_ptr<MeasuredTraining>> train_in_turns(const TrainBenchmark& benchmark,
                                                              const GlobalBatch& batch) {
  std::vector<std::unique_ptr<MeasuredTraining>> trainings;
  trainings.push_back(std::make_unique<MeasuredTraining>(benchmark, batch, benchmark.kernels));
  if (!benchmark.against.empty()) {
    trainings.push_back(std::make_unique<MeasuredTraining>(benchmark, batch, benchmark.against));
  }
  for (std::int64_t i = 0; i < benchmark.num_warmups + benchmark.num_steps; ++i) {
    for (const auto& training : trainings) training->step(i >= benchmark.num_warmups);
  }
  return trainings;
}

nlohmann::ordered_json speed_json(const TrainBenchmark& benchmark, const Batch& batch, const MeasuredTraining& training,
                                  double peak_operations) {
  const double seconds = training.median_seconds();
  const bool is_fused = training.kernels() != "plain";
  const double operations = product_operations(benchmark, batch, is_fused);
  return {{"kernels", training.kernels()},
          {"milliseconds_per_step", seconds * 1e3},
          {"tokens_per_second", static_cast<double>(batch.num_tokens()) / seconds},
          {"product_gigaflops", operations / 1e9},
          {"share_of_peak", operations / seconds / peak_operations},
          {"estimated_megabytes", estimated_megabytes(benchmark, batch, is_fused)},
          {"part_milliseconds", training.part_milliseconds()}};
}

nlohmann::ordered_json shape_json(const TrainBenchmark& benchmark, const Batch& batch) {
  return {{"hidden", benchmark.model.hidden_size},
          {"layers", benchmark.model.num_hidden_layers},
          {"heads", benchmark.model.num_attention_heads},
          {"ffn", benchmark.model.intermediate_size},
          {"vocab_size", benchmark.model.vocab_size},
          {"seq", benchmark.sequence_length},
          {"batch_size", benchmark.batch_size},
          {"tokens", batch.num_tokens()},
          {"targets", batch.num_masked()},
          {"dropout", benchmark.dropout}};
}

nlohmann::ordered_json measure(const TrainBenchmark& benchmark) {
  const Computing on(benchmark);
  const GlobalBatch global = random_batch(benchmark);
  const Batch& batch = global.micro_batches.front();
  const auto trainings = train_in_turns(benchmark, global);
  const double peak_megabytes = static_cast<double>(peak_memory(on.device)) / 1e6;  // Before what follows takes some.
  const double peak_operations = peak_operations_per_second(benchmark, batch);

  nlohmann::ordered_json figures = speed_json(benchmark, batch, *trainings.front(), peak_operations);
  if (trainings.size() > 1) {
    figures["against"] = speed_json(benchmark, batch, *trainings.back(), peak_operations);
    figures["times_as_fast"] = trainings.back()->median_seconds() / trainings.front()->median_seconds();
  }
  figures["peak_gigaflops_per_second"] = peak_operations / 1e9;
  figures["peak_megabytes"] = peak_megabytes;
  figures["activation_checkpointing"] = benchmark.checkpoints_activations;
  figures["device"] = on.device.str();
  figures["precision"] = to_string(on.precision);
  figures["shape"] = shape_json(benchmark, batch);
  figures["steps"] = benchmark.num_steps;
  figures["threads"] = at::get_num_threads();
  figures["cpu"] = cpu_name();
  if (on.device.is_cuda()) {
    figures["gpu"] = cuda_devices().at(static_cast<std::size_t>(on.device.index())).name;
    figures["float32_matmul"] = benchmark.float32_matmul;
  }
  return figures;
}

// Fused kernels are the CPU's; elsewhere LibTorch's operations compute.
void fit_to_device(TrainBenchmark& benchmark) {
  const at::Device device = resolve_device(benchmark.device);
  set_float32_matmul(benchmark.float32_matmul, device);
  if (device.is_cpu()) return;
  if (benchmark.kernels != "auto" || !benchmark.against.empty()) {
    fail(ErrorKind::kUsage, benchmark.kernels != "auto" ? "--kernels" : "--against", " has no effect on ", device.str(),
         ": it chooses kernels of the CPU");
  }
  benchmark.kernels = "plain";
}

}  // namespace

int benchmark_train(const Arguments& arguments) {
  TrainBenchmark benchmark;
  CommandLine line(
      "benchmark train",
      "Measures training steps of a model of that shape on random pieces: forward, backward, clipping and update. "
      "Prints one JSON object; times are medians over the steps, those of parts means.");
  add_options(line, benchmark);
  if (!line.parse(arguments)) return 0;
  if (benchmark.min_sequence_length > benchmark.sequence_length) {
    fail(ErrorKind::kUsage, "--min-seq is ", benchmark.min_sequence_length, ", more than --seq, ",
         benchmark.sequence_length);
  }
  benchmark.model.hidden_dropout_prob = benchmark.model.attention_probs_dropout_prob = benchmark.dropout;
  benchmark.model.max_position_embeddings = std::max<std::int64_t>(512, benchmark.sequence_length);
  benchmark.model.validate("benchmark train");
  fit_to_device(benchmark);
  at::set_num_threads(resolve_num_threads(static_cast<int>(benchmark.num_threads)));
  return explain_torch_errors("a smaller --batch-size needs less, and so does --activation-checkpointing", [&] {
    std::cout << dump_ordered_json_line(measure(benchmark)) << '\n';
    return 0;
  });
}

}  // namespace bertforge
