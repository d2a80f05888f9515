#include "model_session.h"

#include <ATen/Parallel.h>

#include <iostream>

#include "bertforge/app/common_options.h"
#include "bertforge/base/error.h"
#include "bertforge/base/log.h"
#include "bertforge/checkpoint/run_checkpoints.h"

namespace bertforge {

namespace {

// Of a chunk: enough for batches of like length, little enough that its vectors of every token fit in memory.
constexpr std::size_t kMaxLines = 1024;
constexpr std::int64_t kMaxTokens = 1 << 14;

}  // namespace

void add_model_session(CommandLine& line, ModelSessionOptions& options) {
  line.argument("checkpoint", options.checkpoint,
                "A model folder in Hugging Face's BERT layout, or a run: its best checkpoint, else its latest");
  line.options().add("--max-length", options.session.max_length,
                     "Tokens of a text, [CLS] and [SEP] included; longer ones are cut; 0: as many as the model has "
                     "positions",
                     {.min = 0});
  add_model_options(line, options.session.device, options.session.precision);
  add_threads_option(line, options.threads);
}

EncoderSession open_session(const ModelSessionOptions& options) {
  if (options.threads > 0) at::set_num_threads(static_cast<int>(options.threads));
  return EncoderSession(resolve_checkpoint(options.checkpoint), options.session);
}

SequenceReader::SequenceReader(const std::string& input, SequenceMaker maker, Pairs pairs)
    : lines_(input), maker_(maker), pairs_(pairs) {}

SequenceChunk SequenceReader::next() {
  SequenceChunk chunk;
  chunk.first_number = lines_.number() + 1;
  std::int64_t num_tokens = 0;
  const std::size_t max_lines = lines_.is_terminal() ? 1 : kMaxLines;
  for (std::string line; chunk.size() < max_lines && num_tokens < kMaxTokens && lines_.next(line);) {
    const TextPair text = pairs_ == Pairs::kNone ? TextPair{line, {}} : split_pair(line);
    if (pairs_ == Pairs::kRequired && !text.second) {
      fail(ErrorKind::kInput, lines_.where(), ": there is no \" ||| \"; a line must be `A ||| B`, two texts");
    }
    chunk.sequences.push_back(maker_.make(text));
    chunk.lines.push_back(std::move(line));
    num_tokens += chunk.sequences.back().length();
    num_truncated_ += chunk.sequences.back().is_truncated;
  }
  return chunk;
}

void SequenceReader::report(const EncoderSession& session) const {
  if (lines_.number() == 0) log_warning(lines_.name(), " has no line");
  warn_of_truncated(num_truncated_, session);
  lines_.report_invalid_utf8();
}

void warn_of_truncated(std::int64_t num_truncated, const EncoderSession& session) {
  if (num_truncated == 0) return;
  log_warning(num_truncated, num_truncated == 1 ? " text was" : " texts were", " longer than ", session.max_length(),
              " tokens and cut to that");
}

void flush_output() {
  if (!std::cout.flush()) fail(ErrorKind::kEnvironment, "standard output cannot be written");
}

}  // namespace bertforge
