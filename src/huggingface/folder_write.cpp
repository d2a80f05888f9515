#include "bertforge/base/error.h"
#include "bertforge/huggingface/config_json.h"
#include "bertforge/huggingface/folder.h"
#include "bertforge/huggingface/tensor_file.h"

namespace bertforge {

void write_model(const std::filesystem::path& folder, const BertConfig& config, ParameterStore& store,
                 const Tokenizer& tokenizer, std::int64_t max_length) {
  BERTFORGE_CHECK(tokenizer.vocabulary_size() <= config.vocab_size, "a tokenizer of ", tokenizer.vocabulary_size(),
                  " pieces, a model of ", config.vocab_size);
  write_config_json(folder / model_files::kConfig, config);
  write_tensor_file(folder / model_files::kWeights, named_parts(store, store.weights()));
  tokenizer.save(folder, max_length);
}

}  // namespace bertforge
