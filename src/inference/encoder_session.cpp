#include "bertforge/inference/encoder_session.h"

#include <torch/utils.h>

#include <algorithm>

#include "bertforge/base/error.h"
#include "bertforge/text/tokenizer_folder.h"

namespace bertforge {
namespace {

std::int64_t resolve_max_length(std::int64_t requested, const BertConfig& config, const std::string& folder) {
  const std::int64_t positions = config.max_position_embeddings;
  if (positions < kMinSequenceLength) {
    fail(ErrorKind::kUsage, folder, ": the model has ", positions, " positions; a pair of texts needs ",
         kMinSequenceLength);
  }
  if (requested == 0) return positions;
  if (requested >= kMinSequenceLength && requested <= positions) return requested;
  fail(ErrorKind::kUsage, "--max-length is ", requested, "; it must be from ", kMinSequenceLength, " to ", positions,
       ", the positions of ", folder, ", or 0 for all of them");
}

}  // namespace

EncoderSession::EncoderSession(const std::filesystem::path& folder, const SessionOptions& options)
    : folder_(folder),
      device_(resolve_device(options.device)),
      loaded_(load_model(folder)),
      store_(*loaded_.model, device_, resolve_precision(options.precision, device_)),
      tokenizer_(load_model_tokenizer(folder, loaded_.config)),
      max_length_(resolve_max_length(options.max_length, loaded_.config, folder.string())),
      batch_tokens_(options.batch_tokens) {
  loaded_.model->choose_kernels(options.kernels);
  require_special_tokens(*tokenizer_, folder.string());
}

SequenceMaker EncoderSession::sequence_maker(std::int64_t segment, SpecialTokensInText specials) const {
  return {*tokenizer_, max_length_, segment, specials};
}

void EncoderSession::run(const std::vector<Sequence>& sequences, const std::function<void(const SequenceBatch&)>& use) {
  const auto has_second_segment = [](const Sequence& sequence) {
    return sequence.segment_boundary < sequence.length();
  };
  if (loaded_.config.type_vocab_size < 2 && std::ranges::any_of(sequences, has_second_segment)) {
    fail(ErrorKind::kUsage, folder_.string(),
         ": the model has one segment (type_vocab_size 1); pairs of texts and --segment 1 need two");
  }
  const torch::NoGradGuard no_grad;
  const ForwardContext context = {.output_hidden_states = true};
  for (const std::vector<std::size_t>& indices : batches_by_length(sequences, batch_tokens_)) {
    const PreTrainingBatch batch = to_tensors(collate(sequences, indices), loaded_.config.pad_token_id, device_);
    const EncoderOutput output = loaded_.model->encode(batch.input, context);
    use({indices, output});
  }
}

void EncoderSession::require_head(const std::string& head, const std::string& purpose) const {
  if (loaded_.has_head(head)) return;
  fail(ErrorKind::kUsage, folder_.string(), ": the model has no ", head, " head, which ", purpose,
       " needs; a model of BertForPreTraining has it", head == "masked_lm" ? ", and one of BertForMaskedLM" : "");
}

}  // namespace bertforge
