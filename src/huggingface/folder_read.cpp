#include <torch/types.h>

#include <algorithm>
#include <map>
#include <set>

#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/base/log.h"
#include "bertforge/huggingface/config_json.h"
#include "bertforge/huggingface/folder.h"
#include "bertforge/huggingface/tensor_file.h"
#include "bertforge/huggingface/tensor_names.h"
#include "bertforge/text/tokenizer_folder.h"

namespace bertforge {
namespace {

namespace fs = std::filesystem;

// Weights in other formats, and what turns them into ours.
struct OtherFormat {
  const char* file;
  const char* advice;
};
constexpr OtherFormat kOtherFormats[] = {
    {"model.safetensors.index.json",
     "is in several shards; in Python, BertForPreTraining.from_pretrained(FOLDER).save_pretrained(NEW, "
     "max_shard_size=\"100GB\") makes one file of them"},
    {"pytorch_model.bin",
     "is a pickle, which can run any code when read; in Python, BertForPreTraining.from_pretrained(FOLDER)"
     ".save_pretrained(NEW) makes model.safetensors of it"},
    {"tf_model.h5",
     "holds TensorFlow's weights; in Python with transformers 4, BertForPreTraining.from_pretrained(FOLDER, "
     "from_tf=True)"
     ".save_pretrained(NEW) makes model.safetensors of them"},
    {"bert_model.ckpt.index",
     "is Google's TensorFlow checkpoint; transformers' convert_bert_original_tf_checkpoint_to_pytorch makes a PyTorch "
     "model "
     "of it, and save_pretrained then model.safetensors"}};

fs::path find_weights(const fs::path& folder) {
  const fs::path weights = folder / model_files::kWeights;
  if (path_exists(weights)) return weights;
  for (const auto& [file, advice] : kOtherFormats) {
    if (path_exists(folder / file)) {
      fail(ErrorKind::kUsage, folder.string(), ": there is no ", model_files::kWeights, "; ", file, " ", advice);
    }
  }
  fail(ErrorKind::kUsage, folder.string(), ": there is no ", model_files::kWeights, ", so it is no model folder");
}

fs::path find_config(const fs::path& folder) {
  require_folder(folder);
  const fs::path config = folder / model_files::kConfig;
  if (path_exists(config)) return config;
  fail(ErrorKind::kUsage, folder.string(), ": there is no ", model_files::kConfig, ", so it is no model folder");
}

bool are_equal(const TensorView& a, const TensorView& b) {
  return a.dtype == b.dtype && a.shape == b.shape && std::ranges::equal(a.data, b.data);
}

// The tensors of a file by the parameter that they hold.
using TensorsByName = std::map<std::string, const TensorView*>;

TensorsByName tensors_by_parameter(const SafetensorsFile& file) {
  TensorsByName tensors;
  for (const TensorView& tensor : file.tensors()) {
    if (is_constant_buffer(tensor.name)) continue;
    const auto [other, is_first] = tensors.emplace(canonical_tensor_name(tensor.name), &tensor);
    if (is_first || are_equal(tensor, *other->second)) continue;
    fail(ErrorKind::kInput, file.path().string(), ": tensors \"", tensor.name, "\" and \"", other->second->name,
         "\" differ; they are one and the same in BERT, whose output layer is tied to its word embeddings");
  }
  return tensors;
}

// What load_model has found for the parameters of a model. Everything was checked before the model is made.
struct Matching {
  std::map<std::string, const TensorView*> found;
  std::set<std::string> new_heads;
};

[[noreturn]] void fail_missing(const SafetensorsFile& file, const TensorSpec& spec) {
  fail(ErrorKind::kInput, file.path().string(), ": there is no tensor \"", spec.name, "\", which the model of ",
       model_files::kConfig, " has");
}

Matching match_tensors(const SafetensorsFile& file, const BertConfig& config) {
  const TensorsByName tensors = tensors_by_parameter(file);
  const auto has_part_of = [&](std::string_view prefix) {
    const auto first = tensors.lower_bound(std::string(prefix));
    return first != tensors.end() && first->first.starts_with(prefix);
  };
  Matching matching;
  for (const TensorSpec& spec : tensor_specs(config)) {
    const auto tensor = tensors.find(spec.name);
    if (tensor != tensors.end()) {
      require_float(file, *tensor->second);
      require_shape(file, *tensor->second, spec.shape);
      matching.found[spec.name] = tensor->second;
    } else if (const auto head = head_of(spec.name); head && !has_part_of(head->prefix)) {
      matching.new_heads.emplace(head->head);
    } else {
      fail_missing(file, spec);
    }
  }
  return matching;
}

void require_finite(const SafetensorsFile& file, const TensorView& tensor, const at::Tensor& values) {
  if (at::isfinite(values).all().item<bool>()) return;
  fail(ErrorKind::kInput, file.path().string(), ": tensor \"", tensor.name,
       "\" has values that are not finite; the model was damaged, or its training diverged");
}

// A tensor of the encoder that no parameter takes means that the model is another one than config.json says.
void check_left_over(const SafetensorsFile& file, const Matching& matching) {
  std::int64_t num_ignored = 0;
  std::string example;
  for (const TensorView& tensor : file.tensors()) {
    const std::string name = canonical_tensor_name(tensor.name);
    if (is_constant_buffer(tensor.name) || matching.found.contains(name)) continue;
    if (name.starts_with("bert.encoder.") || name.starts_with("bert.embeddings.")) {
      fail(ErrorKind::kInput, file.path().string(), ": tensor \"", tensor.name, "\" has no place in the model of ",
           model_files::kConfig, "; one of the two files is of another model");
    }
    if (num_ignored++ == 0) example = tensor.name;
  }
  if (num_ignored > 0) {
    log_warning(file.path().string(), ": ", num_ignored, " tensors are not BERT's and are not read, \"", example,
                "\" for one");
  }
}

}  // namespace

bool LoadedModel::has_head(std::string_view head) const {
  return std::ranges::find(new_heads, head) == new_heads.end();
}

LoadedModel load_model(const fs::path& folder, std::uint64_t seed) {
  LoadedModel loaded;
  loaded.config = read_config_json(find_config(folder));
  const SafetensorsFile file(find_weights(folder));
  const Matching matching = match_tensors(file, loaded.config);
  check_left_over(file, matching);

  loaded.model = BertForPreTraining(loaded.config);
  if (!matching.new_heads.empty()) initialize_weights(loaded.model, seed);
  for (auto& parameter : loaded.model->named_parameters()) {
    const auto tensor = matching.found.find(parameter.key());
    if (tensor == matching.found.end()) continue;
    copy_values(*tensor->second, parameter.value());
    require_finite(file, *tensor->second, parameter.value());
  }
  loaded.new_heads.assign(matching.new_heads.begin(), matching.new_heads.end());
  return loaded;
}

void warn_of_new_heads(const LoadedModel& loaded, const fs::path& folder) {
  if (loaded.new_heads.empty()) return;
  std::string heads;
  for (const std::string& head : loaded.new_heads) heads += concat(heads.empty() ? "" : ", ", head);
  log_warning((folder / model_files::kWeights).string(), ": no weights of ", heads,
              " there; they are initialised and know nothing yet");
}

std::unique_ptr<Tokenizer> load_model_tokenizer(const fs::path& folder, const BertConfig& config) {
  auto tokenizer = load_tokenizer(folder);
  if (tokenizer->vocabulary_size() > config.vocab_size) {
    fail(ErrorKind::kInput, folder.string(), ": the tokenizer has ", tokenizer->vocabulary_size(), " pieces and ",
         model_files::kConfig, " a vocab_size of ", config.vocab_size, "; the files are of two models");
  }
  if (tokenizer->vocabulary_size() < config.vocab_size) {
    log_warning(folder.string(), ": the model has ", config.vocab_size, " embeddings and the tokenizer ",
                tokenizer->vocabulary_size(), " pieces; the ids above stand for nothing");
  }
  return tokenizer;
}

}  // namespace bertforge
