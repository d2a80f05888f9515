#include "bertforge/app/prepare.h"

#include "bertforge/app/build.h"
#include "bertforge/app/common_options.h"
#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/base/log.h"
#include "bertforge/base/numbers.h"
#include "bertforge/text/sentence_splitter.h"
#include "bertforge/text/sentencepiece_tokenizer.h"
#include "bertforge/text/tokenizer_folder.h"

namespace bertforge {
namespace {

namespace fs = std::filesystem;

int num_threads(const RunConfig& config) { return static_cast<int>(config.run.threads); }

// What decides a prepared folder, as text; its hash is the folder's name.
class Recipe {
 public:
  explicit Recipe(const std::string& kind) : kind_(kind) { add("recipe", "1"); }

  void add(const std::string& name, const std::string& value) { text_ += name + " = " + value + "\n"; }
  void add_files(const std::vector<std::string>& files) {
    for (const std::string& file : files) {
      if (file == "-") fail(ErrorKind::kUsage, "pretrain reads files, not standard input: build a dataset first");
      require_file(file);
      add("file", file_content_hash(file));
    }
  }
  template <class Config>
  void add_settings(Config config) {
    FieldList fields;
    visit_fields(config, fields);
    for (const Field& field : fields.fields()) add(field.path, field.value_as_toml());
  }

  fs::path folder(const fs::path& prepared) const { return prepared / (kind_ + "-" + content_hash(text_)); }

 private:
  std::string kind_, text_;
};

CorpusFiles corpus_of(const RunConfig& config, const std::vector<std::string>& inputs) {
  const bool is_google = config.tokenizer.compat == "google";  // As `build --compat google` reads.
  return {
      .files = expand_inputs(inputs),
      .format = config.data.format,
      .options = {.join_files = is_google, .text_field = config.data.text_field, .undo_joins = config.data.undo_joins},
      .keep_unk = config.data.build.keep_unk || is_google};
}

Recipe recipe_for(const std::string& kind, CorpusFiles& corpus) {
  Recipe recipe(kind);
  recipe.add_files(corpus.files);
  corpus.format = resolve_corpus_format(corpus);
  recipe.add("format", corpus.format);
  if (corpus.format == "jsonl") recipe.add("text_field", corpus.options.text_field);
  recipe.add("icu", icu_version());  // The two decide where running text is split into sentences.
  recipe.add("sentence_rules", std::to_string(kSentenceRules));
  recipe.add("keep_unk", corpus.keep_unk ? "true" : "false");
  if (corpus.options.undo_joins) recipe.add("undo_joins", "true");
  if (corpus.options.join_files) recipe.add("join_files", "true");
  return recipe;
}

fs::path learned_tokenizer(const RunConfig& config, PreparedData& data) {
  CorpusFiles corpus = corpus_of(config, config.vocab.inputs.empty() ? config.train_inputs() : config.vocab.inputs);
  Recipe recipe = recipe_for("vocab", corpus);
  recipe.add_settings(config.vocab.learning);
  recipe.add_settings(config.tokenizer);

  const fs::path folder = recipe.folder(prepared_folder(config));
  if (path_exists(folder)) {
    log_info("vocabulary: reusing ", folder.string());
  } else {
    log_info("vocabulary: learning ", folder.string());
    make_folders(folder.parent_path());
    learn_vocabulary(corpus, config.vocab.learning, config.tokenizer, folder, num_threads(config));
    data.made.push_back(folder);
  }
  return folder;
}

// The settings of a bare vocab.txt are those of the config; a folder and a .model have their own.
TokenizerOverrides overrides_for(const std::string& path, const TokenizerConfig& config) {
  if (!file_exists(path) || is_sentencepiece_model(path)) return {};
  TokenizerOverrides overrides;
  overrides.compat = config.compat;
  overrides.lowercase = config.lowercase;
  const bool is_auto = config.strip_accents == "auto" && config.compat != "keras";  // Whose default is no.
  if (!is_auto) overrides.strip_accents = config.normalizer_options().strip_accents;
  overrides.split_cjk = config.split_cjk;
  overrides.clean_text = config.clean_text;
  overrides.split = config.split;
  overrides.extra_special_tokens = config.extra_special_tokens;
  overrides.suffix_indicator = config.suffix_indicator;
  overrides.unknown_token = config.unknown_token;
  overrides.max_word_chars = config.max_word_chars;
  return overrides;
}

std::unique_ptr<Tokenizer> make_tokenizer(const RunConfig& config, PreparedData& data) {
  std::string path = config.known_tokenizer();
  path = path.empty() ? learned_tokenizer(config, data).string() : tokenizer_path(path).string();
  auto tokenizer = load_tokenizer(path, overrides_for(path, config.tokenizer));
  require_special_tokens(*tokenizer, path);
  return tokenizer;
}

TokenStore open_dataset(const RunConfig& config, const fs::path& folder, const Tokenizer& tokenizer) {
  TokenStore store(folder, num_threads(config));
  store.require_tokenizer(tokenizer);
  if (store.meta().part) {
    fail(ErrorKind::kInput, folder.string(), " is shard ", store.meta().part->index, " of ", store.meta().part->count,
         " of a dataset; the dataset that build --merge makes of all of them is expected");
  }
  return store;
}

// The dataset of `inputs`, and the folder of the one that `selection` holds out of it, where it does.
struct DatasetFolders {
  fs::path dataset, held_out;
};

DatasetFolders make_dataset(const RunConfig& config, const std::string& name, const std::vector<std::string>& inputs,
                            const SelectionConfig& selection, PreparedData& data) {
  if (is_dataset(inputs)) return {inputs.front(), ""};
  const Tokenizer& tokenizer = *data.tokenizer;
  CorpusFiles corpus = corpus_of(config, inputs);
  Recipe recipe = recipe_for("data", corpus);
  recipe.add("tokenizer", tokenizer.fingerprint());
  if (selection.drop_duplicates) recipe.add("drop_duplicates", "true");
  if (selection.valid_fraction > 0) recipe.add("valid_fraction", number_text(selection.valid_fraction));

  DatasetFolders folders;
  folders.dataset = recipe.folder(prepared_folder(config));
  if (selection.valid_fraction > 0) folders.held_out = folders.dataset.string() + "-held-out";
  if (path_exists(folders.dataset) && (folders.held_out.empty() || path_exists(folders.held_out))) {
    log_info(name, " dataset: reusing ", folders.dataset.string());
    return folders;
  }
  log_info(name, " dataset: building ", folders.dataset.string());
  make_folders(folders.dataset.parent_path());
  build_corpus_dataset(corpus, tokenizer, folders.dataset,
                       {.num_threads = num_threads(config),
                        .replace = true,  // One of the two may be there alone.
                        .selection = selection,
                        .valid_folder = folders.held_out});
  data.made.push_back(folders.dataset);
  if (!folders.held_out.empty()) data.made.push_back(folders.held_out);
  return folders;
}

// What was trained on says nothing when it is evaluated.
void require_other_documents(const TokenStore& training, const TokenStore& held_out) {
  if (training.meta().content_hash != held_out.meta().content_hash) return;
  fail(ErrorKind::kUsage, "data.valid has the very documents of data.train (", held_out.folder().string(),
       "); name other text, or hold a part out with data.valid_fraction");
}

}  // namespace

fs::path prepared_folder(const RunConfig& config) {
  if (!config.run.prepared.empty()) return config.run.prepared;
  return fs::path(config.run.output).parent_path() / "prepared";
}

PreparedData prepare_data(const RunConfig& config) {
  PreparedData data;
  data.tokenizer = make_tokenizer(config, data);
  const DatasetFolders training = make_dataset(config, "training", config.train_inputs(), config.data.selection, data);
  data.train.emplace(open_dataset(config, training.dataset, *data.tokenizer));
  fs::path held_out = training.held_out;
  if (!config.data.valid.empty()) {
    held_out = make_dataset(config, "held-out", config.valid_inputs(), /*selection=*/{}, data).dataset;
  }
  if (held_out.empty()) {
    log_warning("data.valid is empty: there is no held-out evaluation, and no best checkpoint");
  } else {
    data.valid.emplace(open_dataset(config, held_out, *data.tokenizer));
    require_other_documents(*data.train, *data.valid);
    const bool may_share = training.held_out.empty();  // A split by content does not.
    if (may_share) warn_of_common_documents(*data.train, *data.valid, num_threads(config));
  }
  return data;
}

}  // namespace bertforge
