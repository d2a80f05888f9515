#pragma once
// What the commands that ask a model have in common: CHECKPOINT and how to run it, and the lines of an input as sequences.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bertforge/app/command_line.h"
#include "bertforge/inference/encoder_session.h"
#include "lines.h"

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

// Lines that are asked about together.
struct SequenceChunk {
  std::int64_t first_number = 1;  // Of the first line, from 1.
  std::vector<std::string> lines;
  std::vector<Sequence> sequences;

  bool empty() const { return lines.empty(); }
  std::size_t size() const { return lines.size(); }
  std::int64_t number(std::size_t i) const { return first_number + static_cast<std::int64_t>(i); }
};

// Reads an input chunk by chunk, so that memory does not grow with it; from a terminal line by line, so that each is answered.
class SequenceReader {
 public:
  enum class Pairs { kNone, kAllowed, kRequired };  // Whether `A ||| B` is a pair, and whether every line must be one.

  SequenceReader(const std::string& input, SequenceMaker maker, Pairs pairs = Pairs::kNone);

  // The next lines; empty at the end. Error(kInput): a line is no pair and must be one.
  SequenceChunk next();

  const LineReader& lines() const { return lines_; }

  // Warns of lines that were cut and of bytes that were no UTF-8.
  void report(const EncoderSession& session) const;

 private:
  LineReader lines_;
  SequenceMaker maker_;
  Pairs pairs_;
  std::int64_t num_truncated_ = 0;
};

void warn_of_truncated(std::int64_t num_truncated, const EncoderSession& session);

// Hands standard output on, so that a reader of it sees answers as they come. Error(kEnvironment): it cannot be written.
void flush_output();

}  // namespace bertforge
