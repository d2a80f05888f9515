#pragma once
// What training takes in memory, told before it starts: the flat tensors, what passes keep, and the vocabulary's scores.
//
// Fed by app/start_up and `bertforge benchmark train`. What counts is a pass whose sequences are all of full length;
// shorter ones take less, and on the fused path in proportion.
//
//   weights and optimizer   4 bytes each for weights, gradients and two moments (an average: 4 more), 2 for the copy
//                           of 16 bits; on the plain path what modules gather beside the store's gradients
//   activations, fused      the buffers of model/fused_encoder.h, to the byte: a layer takes about 8 H + 2 I numbers a
//                           row; with checkpointing H, and one set of buffers for all
//   activations, plain      the tensors that autograd keeps: about 8 H + 2 I numbers a row, and A T more (twice where
//                           attention drops, none by scaled_dot_product_attention), which is what makes long
//                           sequences dear; with checkpointing H, and one layer's tensors; and what the backward
//                           pass of a layer works on
//   vocabulary's scores     P V numbers on the fused path, 3 P V in float32 on the plain one
//
// Not in it: the program with its libraries (kProgramBytes on a CPU), prepared batches, what the allocator holds back,
// the scratch of matrix products, and the heads' activations, which have P rows. On the plain path it is the sum of
// peaks that do not quite meet.
//   B  sequences   T  positions   N  rows, B T   P  rows to predict   H  hidden size   I  intermediate size
//   A  heads   V  vocabulary

#include <cstdint>
#include <string>

#include "bertforge/model/config.h"
#include "bertforge/model/device.h"

namespace bertforge {

// Measured with this repository's benchmark: 250 to 300 MB.
constexpr std::int64_t kProgramBytes = 300'000'000;

// What a run computes at a time, and how.
struct MemoryPlan {
  BertConfig model;
  std::int64_t num_sequences = 1, sequence_length = 1;  // B and T of a micro-batch, at most
  std::int64_t targets_per_sequence = 1;                // P / B
  std::int64_t num_threads = 1;
  Precision precision = Precision::kFloat32;
  bool is_fused = true;                  // KernelChoice::fuses(), and the losses read P + B rows of the last layer.
  bool checkpoints_activations = false;  // As ForwardContext has it.
  bool keeps_probabilities = true;       // Plain: of attention, [A, T, T]; not where it goes by has_sdpa().
  bool keeps_average = false;            // As Optimizer has it.
  std::int64_t num_shards = 1;           // Ranks that share the moments out.
};

// Bytes.
struct MemoryEstimate {
  std::int64_t weights = 0;            // float32 masters
  std::int64_t compute_copy = 0;       // bfloat16 or float16
  std::int64_t gradients = 0;          // The store's, and on the plain path those of modules
  std::int64_t optimizer = 0;          // Moments, and the average of the weights
  std::int64_t activations = 0;        // Of embeddings and encoder
  std::int64_t vocabulary_scores = 0;  // Of the rows to predict

  std::int64_t weights_and_optimizer() const { return weights + compute_copy + gradients + optimizer; }
  std::int64_t total() const { return weights_and_optimizer() + activations + vocabulary_scores; }
};

MemoryEstimate estimate_memory(const MemoryPlan& plan);

// "about 1.2 GB: weights and optimizer 0.4, activations 0.7, vocabulary scores 0.1"; below 1 GB in MB.
std::string to_text(const MemoryEstimate& estimate);

// What to tell who has `available` bytes for the plan: how much it takes, and what settings of [train] make it fit. ""
// where it fits as it is.
std::string memory_advice(const MemoryPlan& plan, std::int64_t available);

}  // namespace bertforge
