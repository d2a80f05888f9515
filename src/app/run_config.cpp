#include "bertforge/app/run_config.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "bertforge/app/corpus.h"
#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/base/log.h"
#include "bertforge/data/token_store.h"
#include "bertforge/text/sentencepiece_tokenizer.h"

namespace bertforge {
namespace {

namespace fs = std::filesystem;

void visit_fields(VocabSection& vocab, FieldList& fields) {
  fields.add("tokenizer", vocab.tokenizer,
             "A tokenizer folder, a model, run or dataset with one, a vocab.txt or a sentencepiece .model to use; "
             "empty: learn a vocabulary.");
  fields.add("inputs", vocab.inputs, "Text files to learn the vocabulary from; empty: data.train.");
  visit_fields(vocab.learning, fields);
}

void visit_fields(DataSection& data, FieldList& fields) {
  fields.add("root", data.root, "The folder in which relative paths of data.train and data.valid begin.");
  fields.add("train", data.train,
             "Text files (compressed or not), folders of them or patterns, to train on; or one dataset folder made by "
             "`bertforge build`.");
  fields.add("valid", data.valid,
             "Held-out text files or dataset; empty: no evaluation, unless valid_fraction is set.");
  fields.add("format", data.format, "Format of the text files: " + corpus_format_help() + ".", corpus_format_names());
  fields.add("text_field", data.text_field, "jsonl: the member that holds a document's text.");
  fields.add("undo_joins", data.undo_joins, "wikitext: read `a @-@ b` as `a-b`, and @,@ and @.@ likewise.");
  visit_fields(data.build, fields);
  visit_fields(data.selection, fields);
  visit_fields(data.pairing, fields);
  visit_fields(data.masking, fields);
  fields.add("valid_masked_lm_prob", data.valid_masked_lm_prob,
             "Share of a held-out sequence's tokens to predict; 0: as masked_lm_prob. Losses of runs that mask more in "
             "training compare where this is the same.",
             {0, 1});
  fields.add(
      "valid_short_seq_prob", data.valid_short_seq_prob,
      "Share of held-out sequences that aim at a random shorter length; -1: as short_seq_prob. Losses of runs whose "
      "training differs in it compare where this is the same.",
      {-1, 1});
}

void visit_fields(RunSection& run, FieldList& fields) {
  fields.add("output", run.output, "The run folder: checkpoints, metrics, log.");
  fields.add(
      "prepared", run.prepared,
      "The folder that keeps learned vocabularies and built datasets, by content; empty: `prepared` beside the run.");
  fields.add("init_from", run.init_from,
             "A model folder, or a run, which stands for its best checkpoint, whose weights training begins with; "
             "empty: weights are drawn.");
  fields.add("device", run.device, "cpu, cuda, cuda:N, or auto: CUDA where there is one.");
  fields.add("threads", run.threads,
             "CPU threads; 0 for all of the machine, or under a launcher this rank's share of them.", {0, 4096});
  fields.add("rank_timeout", run.rank_timeout,
             "Under a launcher: how long a rank that is alive may keep the others waiting, `10 min`; a dead one is "
             "told within half a minute.");
}

std::vector<std::string> under_root(const std::string& root, std::vector<std::string> paths) {
  for (std::string& path : paths) path = (fs::path(root) / path).string();  // An absolute one stays as it is.
  return paths;
}

void make_absolute(std::string& path) {
  if (path.empty()) return;
  const fs::path absolute = fs::absolute(path).lexically_normal();
  path = (absolute.has_filename() ? absolute : absolute.parent_path()).string();  // Without a slash at its end.
}

void warn_of_predictions(const DataSection& data) {
  const double wanted = std::nearbyint(data.masking.masked_lm_prob * static_cast<double>(data.pairing.max_seq_length));
  if (wanted <= static_cast<double>(data.masking.max_predictions_per_seq)) return;
  log_warning("data.max_predictions_per_seq is ", data.masking.max_predictions_per_seq, ", but masked_lm_prob ",
              data.masking.masked_lm_prob, " of ", data.pairing.max_seq_length, " tokens are ", wanted,
              ": long sequences are masked less");
}

// At BERT-Base's rate, with batches far smaller than its 256, the loss of a wide model stays near that of a guess by
// frequency (google-research/bert, issue 746). A narrow one bears more, as configs/ has it: the best rate falls as one
// over the width (Yang et al. 2022, Tensor Programs V). LAMB scales each step to its weights, and has rates of its own.
void warn_of_small_batches(const RunConfig& config) {
  const std::int64_t sequences = config.train.batch_tokens > 0
                                     ? config.train.batch_tokens / config.data.pairing.max_seq_length
                                     : config.train.batch_size;
  const double rate = config.optimizer.learning_rate;
  if (sequences >= 64 || rate < 1e-4 || config.model.hidden_size < 512 || config.optimizer.algorithm != "adamw") return;
  log_warning("an update has ", sequences, " sequences at optimizer.learning_rate ", rate, ", for a model ",
              config.model.hidden_size,
              " wide: its loss may stay near that of a guess by frequency; 64 sequences or more (train.batch_size), or "
              "a lower rate");
}

void require_held_out_share(const DataSection& data) {
  if (data.valid_short_seq_prob >= 0 || data.valid_short_seq_prob == -1) return;
  fail(ErrorKind::kUsage, "data.valid_short_seq_prob is ", data.valid_short_seq_prob,
       "; a share from 0 to 1 is expected, or -1 for data.short_seq_prob");
}

void require_time(const Duration& rank_timeout) {
  if (rank_timeout.unit == Duration::Unit::kSeconds && rank_timeout.amount >= 1) return;
  fail(ErrorKind::kUsage, "run.rank_timeout is \"", to_string(rank_timeout),
       "\"; a time with its unit is expected, of a second or more, such as \"10 min\"");
}

void require_one_held_out(const DataSection& data) {
  if (data.selection.valid_fraction == 0 || data.valid.empty()) return;
  fail(ErrorKind::kUsage, "data.valid names held-out text and data.valid_fraction holds out a part of data.train; ",
       "one of the two is expected");
}

void require_held_out_for_patience(const RunConfig& config) {
  if (config.train.patience == 0 || config.has_held_out()) return;
  fail(ErrorKind::kUsage, "train.patience is ", config.train.patience,
       ", but there is no held-out text to evaluate: name it with data.valid, or hold out data.valid_fraction");
}

void require_labels(const RunConfig& config) {
  const std::vector<std::string>& objectives = config.train.objectives;
  const bool wants_labels = std::find(objectives.begin(), objectives.end(), "next_sentence") != objectives.end();
  if (!wants_labels || find_pairing(config.data.pairing.pairing).has_labels()) return;
  fail(ErrorKind::kUsage, "data.pairing \"", config.data.pairing.pairing,
       "\" makes no pairs, so the objective next_sentence has no labels; train.objectives = [\"masked_lm\"] trains "
       "without it");
}

// Why the settings of how to make a tokenizer have no effect; "" where they have.
std::string tokenizer_is_given_by(const RunConfig& config) {
  if (!config.vocab.tokenizer.empty()) return "vocab.tokenizer names a tokenizer";
  if (is_dataset(config.train_inputs())) return "data.train is a dataset, which has its tokenizer";
  if (!config.run.init_from.empty()) return "run.init_from names a model, which has its tokenizer";
  return "";
}

// A vocab.txt by itself; a folder and a .model have settings of their own.
bool is_bare_vocabulary(const std::string& tokenizer) {
  return file_exists(tokenizer) && !is_sentencepiece_model(tokenizer);
}

// Gives `field` the value of `other`, the same setting of another config.
void set_to(Field& field, const Field& other) {
  std::visit([&](auto* target) { *target = *std::get<decltype(target)>(other.target); }, field.target);
}

// Why a setting decides nothing in this run; "" where it does.
std::string why_without_effect(const RunConfig& config, const std::string& path) {
  const std::string given = tokenizer_is_given_by(config);
  if (!given.empty() && path.starts_with("vocab.") && path != "vocab.tokenizer") return given;
  // The settings of a bare vocab.txt are nowhere else.
  if (!given.empty() && path.starts_with("tokenizer.") && !is_bare_vocabulary(config.known_tokenizer())) return given;
  if (is_dataset(config.train_inputs()) && (path == "data.drop_duplicates" || path == "data.valid_fraction"))
    return "data.train is a dataset, which is taken as it is";
  const bool has_text =
      !is_dataset(config.train_inputs()) || (!config.data.valid.empty() && !is_dataset(config.valid_inputs()));
  if (!has_text &&
      (path == "data.format" || path == "data.text_field" || path == "data.undo_joins" || path == "data.keep_unk"))
    return "data.train and data.valid are datasets";
  return "";
}

}  // namespace

void visit_fields(RunConfig& config, FieldList& fields) {
  fields.section("vocab", [&] { visit_fields(config.vocab, fields); });
  fields.section("tokenizer", [&] { visit_fields(config.tokenizer, fields); });
  fields.section("data", [&] { visit_fields(config.data, fields); });
  fields.section("model", [&] { visit_fields(config.model, fields); });
  fields.section("optimizer", [&] { visit_fields(config.optimizer, fields); });
  fields.section("train", [&] { visit_fields(config.train, fields); });
  fields.section("run", [&] { visit_fields(config.run, fields); });
}

bool is_dataset(const std::vector<std::string>& inputs) {
  return inputs.size() == 1 && path_exists(fs::path(inputs.front()) / dataset_files::kMeta);
}

std::vector<std::string> RunConfig::train_inputs() const { return under_root(data.root, data.train); }
std::vector<std::string> RunConfig::valid_inputs() const { return under_root(data.root, data.valid); }

std::string RunConfig::known_tokenizer() const {
  if (!vocab.tokenizer.empty()) return vocab.tokenizer;
  const std::vector<std::string> inputs = train_inputs();
  if (is_dataset(inputs)) return (fs::path(inputs.front()) / dataset_files::kTokenizer).string();
  return run.init_from;
}

std::chrono::milliseconds RunSection::rank_milliseconds() const {
  return std::chrono::milliseconds(std::llround(rank_timeout.amount * 1000));
}

MaskingConfig DataSection::valid_masking() const {
  MaskingConfig valid = masking;
  if (valid_masked_lm_prob > 0) valid.masked_lm_prob = valid_masked_lm_prob;
  return valid;
}

PairingConfig DataSection::valid_pairing() const {
  PairingConfig valid = pairing;
  if (valid_short_seq_prob >= 0) valid.short_seq_prob = valid_short_seq_prob;
  return valid;
}

LoaderConfig RunConfig::evaluation_loader() const {
  LoaderConfig evaluation = loader();
  evaluation.masking = data.valid_masking();
  evaluation.pairing = data.valid_pairing();
  return evaluation;
}

LoaderConfig RunConfig::loader() const {
  LoaderConfig loader;
  loader.batch_size = train.batch_size;
  loader.batch_tokens = train.batch_tokens;
  loader.initial_batch_size = train.initial_batch_size;
  loader.batch_ramp_examples = static_cast<std::int64_t>(train.batch_ramp.amount);
  loader.length_window = train.length_window;
  loader.micro_batch_size = train.micro_batch_size;
  loader.seed = static_cast<std::uint64_t>(train.seed);
  loader.pairing = data.pairing;
  loader.masking = data.masking;
  return loader;
}

void RunConfig::validate() const {
  if (data.train.empty())
    fail(ErrorKind::kUsage, "data.train is empty; name text files, or a dataset folder, to train on");
  if (run.output.empty()) fail(ErrorKind::kUsage, "run.output is empty; say where the run goes: --output RUN");
  model.validate();
  train.validate();
  loader().validate();  // Pairing and masking with it.
  tokenizer.validate();
  if (known_tokenizer().empty()) vocab.learning.validate();
  if (data.pairing.max_seq_length > model.max_position_embeddings) {
    fail(ErrorKind::kUsage, "data.max_seq_length is ", data.pairing.max_seq_length,
         ", but the model has positions for ", model.max_position_embeddings,
         " tokens (model.max_position_embeddings)");
  }
  require_time(run.rank_timeout);
  require_one_held_out(data);
  require_labels(*this);
  require_held_out_for_patience(*this);
  require_held_out_share(data);
  warn_of_predictions(data);
  warn_of_small_batches(*this);
}

void remove_settings_without_effect(const RunConfig& config, FieldList& fields) {
  RunConfig defaults;
  FieldList default_fields;
  visit_fields(defaults, default_fields);
  const RunConfig asked = config;  // What the others say, before any is set back.
  std::erase_if(fields.fields(), [&](Field& field) {
    const std::string why = why_without_effect(asked, field.path);
    if (why.empty()) return false;
    if (field.origin == "command line") {
      fail(ErrorKind::kUsage, "command line: --", field.path, " has no effect: ", why);
    }
    if (field.origin != "default") log_warning(field.origin, ": ", field.path, " has no effect: ", why);
    set_to(field, *default_fields.find(field.path));  // So that nobody believes it.
    return true;
  });
}

void make_paths_absolute(RunConfig& config) {
  config.data.train = config.train_inputs();
  config.data.valid = config.valid_inputs();
  config.data.root.clear();
  for (auto* paths : {&config.data.train, &config.data.valid, &config.vocab.inputs}) {
    for (std::string& path : *paths) make_absolute(path);
  }
  for (auto* path : {&config.vocab.tokenizer, &config.run.output, &config.run.prepared, &config.run.init_from}) {
    make_absolute(*path);
  }
}

}  // namespace bertforge
