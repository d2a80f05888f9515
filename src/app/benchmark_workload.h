#pragma once
// What `bertforge benchmark train` measures and what it holds the figures against: the shape, a batch, and what a step must
// compute and keep at least.

#include <cstdint>
#include <string>

#include "bertforge/data/batch_loader.h"
#include "bertforge/model/config.h"
#include "bertforge/model/device.h"

namespace bertforge {

struct TrainBenchmark {
  BertConfig model = {.hidden_size = 256, .num_hidden_layers = 4, .num_attention_heads = 4, .intermediate_size = 1024};
  std::int64_t sequence_length = 128, min_sequence_length = 0, batch_size = 32;
  std::int64_t num_threads = 0, num_steps = 9, num_warmups = 3;
  double dropout = 0.1;
  bool checkpoints_activations = false;
  std::string device = "cpu", float32_matmul = "highest";
  std::string precision = "auto", kernels = "auto", against;
};

// What --device and --precision amount to on this machine.
struct Computing {
  explicit Computing(const TrainBenchmark& benchmark)
      : device(resolve_device(benchmark.device)), precision(resolve_precision(benchmark.precision, device)) {}
  at::Device device;
  Precision precision;
};

// Of random pieces: 15 % of each sequence are to be predicted, as the tool that is compared with has it.
GlobalBatch random_batch(const TrainBenchmark& benchmark);

// The multiply-adds of all matrix products of a step, as 2 operations each.
double product_operations(const TrainBenchmark& benchmark, const Batch& batch, bool is_fused);

// Without the program itself; sequences of full length.
double estimated_megabytes(const TrainBenchmark& benchmark, const Batch& batch, bool is_fused);

// Operations a second of the best warm at::mm among the model's shapes, in its precision: what LibTorch's products
// reach on that device, here and now. On the CPU ours may be faster (kernels/gemm.h).
double peak_operations_per_second(const TrainBenchmark& benchmark, const Batch& batch);

}  // namespace bertforge
