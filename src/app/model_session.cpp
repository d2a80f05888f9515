#include "model_session.h"

#include <ATen/Parallel.h>

#include "bertforge/base/log.h"
#include "bertforge/checkpoint/run_checkpoints.h"

namespace bertforge {

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

void TruncationCounter::report(const EncoderSession& session) const {
  if (num_truncated_ == 0) return;
  log_warning(num_truncated_, num_truncated_ == 1 ? " text was" : " texts were", " longer than ", session.max_length(),
              " tokens and cut to that");
}

}  // namespace bertforge
