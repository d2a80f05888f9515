#pragma once
// What the commands that ask a model have in common: CHECKPOINT and how to run it, and texts cut to the model's length.

#include <cstdint>
#include <string>
#include <vector>

#include "bertforge/app/command_line.h"
#include "bertforge/inference/encoder_session.h"

namespace bertforge {

struct ModelSessionOptions {
  std::string checkpoint;
  SessionOptions session;
  std::int64_t threads = 0;
};

// CHECKPOINT, --max-length, --device, --precision and --threads.
void add_model_session(CommandLine& line, ModelSessionOptions& options);

// The model folder that CHECKPOINT means, loaded.
EncoderSession open_session(const ModelSessionOptions& options);

// Counts sequences that were cut, and warns of them at the end.
class TruncationCounter {
 public:
  void add(const Sequence& sequence) { num_truncated_ += sequence.is_truncated; }
  void report(const EncoderSession& session) const;

 private:
  std::int64_t num_truncated_ = 0;
};

}  // namespace bertforge
