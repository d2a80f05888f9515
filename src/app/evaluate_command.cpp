// bertforge evaluate CHECKPOINT [--data DIR] [--train-data DIR] [--config FILE...] [--data.key VALUE...] [--json]

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <iostream>
#include <sstream>

#include "bertforge/app/common_options.h"
#include "bertforge/app/evaluation.h"
#include "bertforge/app/prepare.h"
#include "bertforge/app/run_folder.h"
#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/checkpoint/run_checkpoints.h"
#include "bertforge/huggingface/folder.h"
#include "bertforge/model/device.h"
#include "command_functions.h"
#include "torch_errors.h"

namespace bertforge {
namespace {

struct EvaluateOptions {
  std::string checkpoint, data, training_data;
  std::string device = "auto", precision = "float32";
  std::int64_t threads = 0;
  std::int64_t max_examples = 0;
  std::int64_t seed = kEvaluationSeed;
  std::int64_t batch_size = 32;
  std::vector<std::string> config_files;
  std::vector<Override> overrides;  // Of [data].
  bool as_json = false;
};

void add_options(CommandLine& line, EvaluateOptions& options) {
  line.argument("checkpoint", options.checkpoint, "A model folder, or a run: its best checkpoint, else its latest");
  FieldList& list = line.options();
  list.add("--data", options.data, "The held-out dataset; without, that of the checkpoint's run");
  list.add("--train-data", options.training_data,
           "The dataset it was trained on: gives the unigram baseline of the masked-LM loss");
  list.add("--max-examples", options.max_examples, "At most so many; 0 for all of an epoch", {.min = 0});
  list.add("--batch-size", options.batch_size, "Sequences a forward pass", {.min = 1, .max = 65536});
  line.repeatable("--config", options.config_files,
                  "Config files whose [data] says how examples are made; without, that of the checkpoint's run");
  line.shorthand("--max-seq-length", "data.max_seq_length", options.overrides);
  line.shorthand("--max-predictions-per-seq", "data.max_predictions_per_seq", options.overrides);
  line.shorthand("--masked-lm-prob", "data.masked_lm_prob", options.overrides);
  list.add("--seed", options.seed, "Draws pairs and masks; the default is that of evaluations while training",
           {.min = 0});
  add_model_options(line, options.device, options.precision);
  add_threads_option(line, options.threads);
  add_json_flag(line, options.as_json);
}

// The config of the run that a checkpoint is of; nothing where it is of none.
std::optional<RunConfig> run_config_of(const std::filesystem::path& checkpoint) {
  const auto folder = std::filesystem::canonical(checkpoint);
  const RunPaths run{folder.parent_path().parent_path()};
  if (run.checkpoints() != folder.parent_path()) return std::nullopt;
  return read_run_config(run);
}

// How the run that the checkpoint is of makes held-out examples; elsewhere the defaults, within the model's length.
DataSection default_data(const std::filesystem::path& checkpoint, const BertConfig& model) {
  if (const auto config = run_config_of(checkpoint)) {
    DataSection data = config->data;
    data.masking = data.valid_masking();
    data.pairing = data.valid_pairing();
    return data;
  }
  DataSection data;
  data.pairing.max_seq_length = std::min(data.pairing.max_seq_length, model.max_position_embeddings);
  return data;
}

LoaderConfig loader_config(const EvaluateOptions& options, const std::filesystem::path& checkpoint,
                           const BertConfig& model) {
  RunConfig config;
  config.data = default_data(checkpoint, model);
  FieldList all, of_examples;
  visit_fields(config, all);
  of_examples.section("data", [&] {
    visit_fields(config.data.pairing, of_examples);
    visit_fields(config.data.masking, of_examples);
  });
  apply_layers(options.config_files, {}, all);
  apply_layers({}, options.overrides, of_examples);

  config.data.pairing.validate();
  config.data.masking.validate();
  const std::int64_t length = config.data.pairing.max_seq_length;
  if (length > model.max_position_embeddings) {
    fail(ErrorKind::kUsage, "data.max_seq_length is ", length, ", but ", options.checkpoint, " has positions for ",
         model.max_position_embeddings, " tokens; --max-seq-length sets it");
  }
  if (model.type_vocab_size < 2) {
    fail(ErrorKind::kUsage, options.checkpoint, " has type_vocab_size ", model.type_vocab_size,
         ", but sentence pairs have two segments");
  }
  config.train.batch_size = options.batch_size;
  return config.loader();
}

// Those whose heads the folder has.
std::vector<std::string> possible_objectives(const LoadedModel& loaded, const std::string& checkpoint,
                                             const std::string& pairing) {
  std::vector<std::string> names;
  if (loaded.has_head("masked_lm")) names.push_back("masked_lm");
  const bool has_labels = find_pairing(pairing).has_labels();
  if (has_labels && loaded.has_head("next_sentence") && loaded.has_head("pooler")) names.push_back("next_sentence");
  if (names.empty())
    fail(ErrorKind::kUsage, checkpoint, " has neither a masked-LM nor a next-sentence head to evaluate");
  return names;
}

std::string describe(const EvaluationReport& report) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(4) << "examples            " << report.num_examples << '\n';
  for (const TermMetrics& term : report.terms) {
    out << term.name << '\n';
    out << "  loss              " << term.loss() << " nats over " << term.count << " targets\n";
    if (term.name == "masked_lm") {
      out << "  perplexity        " << std::exp(term.loss()) << '\n';
      if (report.unigram_baseline) {
        const double below = *report.unigram_baseline - term.loss();
        out << "  unigram baseline  " << *report.unigram_baseline << "; the loss is " << std::abs(below)
            << (below >= 0 ? " below it\n" : " above it\n");
      }
    }
    out << "  accuracy          " << term.accuracy() << '\n';
    if (term.name == "masked_lm") {
      for (const FrequencyBand& band : report.frequency_bands) {
        out << "  of the pieces ranked " << band.first_rank << " to " << band.last_rank << "  " << band.accuracy()
            << " of " << band.count << '\n';
      }
    }
    for (std::size_t label = 0; label < term.class_count.size(); ++label) {
      const std::string name =
          term.name == "next_sentence" ? (label == 0 ? "B follows A" : "B is random") : std::to_string(label);
      out << "  of \"" << name << "\"  " << term.class_accuracy(label) << " of " << term.class_count[label] << '\n';
    }
    if (!term.class_count.empty()) out << "  balanced          " << term.balanced_accuracy() << '\n';
  }
  return std::move(out).str();
}

struct Datasets {
  std::optional<TokenStore> held_out, training;  // training: for the baseline, where it is known.
};

// Those of the command line, else those of the checkpoint's run, made again from its text where they are gone.
Datasets open_datasets(const EvaluateOptions& options, const std::filesystem::path& checkpoint) {
  const int num_threads = static_cast<int>(options.threads);
  Datasets datasets;
  if (!options.training_data.empty()) datasets.training.emplace(options.training_data, num_threads);
  if (!options.data.empty() && file_exists(options.data)) {
    fail(ErrorKind::kUsage, "--data ", options.data, " is a file; a dataset is wanted: bertforge build ", options.data,
         " --vocab ", checkpoint.string(), " --output DIR");
  }
  if (!options.data.empty()) {
    datasets.held_out.emplace(options.data, num_threads);
    return datasets;
  }
  const auto config = run_config_of(checkpoint);
  if (!config || !config->has_held_out()) {
    fail(ErrorKind::kUsage, options.checkpoint,
         config ? " was trained without held-out text" : " is no checkpoint of a run",
         "; name a dataset to evaluate it on with --data");
  }
  PreparedData prepared = prepare_data(*config);
  if (!prepared.valid) fail(ErrorKind::kUsage, options.checkpoint, " has no held-out text; name a dataset with --data");
  datasets.held_out = std::move(prepared.valid);
  if (!datasets.training) datasets.training = std::move(prepared.train);
  return datasets;
}

int evaluate(const EvaluateOptions& options) {
  if (options.threads > 0) at::set_num_threads(static_cast<int>(options.threads));
  const at::Device device = resolve_device(options.device);
  const std::string kernels = resolve_kernels("auto");
  const auto folder = resolve_checkpoint(options.checkpoint);
  LoadedModel loaded = load_model(folder);
  warn_of_new_heads(loaded, folder);
  const LoaderConfig loader = loader_config(options, folder, loaded.config);
  const auto tokenizer = load_model_tokenizer(folder, loaded.config);
  const Datasets datasets = open_datasets(options, folder);
  if (datasets.training) datasets.training->require_tokenizer(*tokenizer);

  const ParameterStore store(*loaded.model, device, resolve_precision(options.precision, device));
  loaded.model->choose_kernels(kernels);
  const EvaluationData data = {*datasets.held_out, datasets.training ? &*datasets.training : nullptr, *tokenizer};
  const Evaluator evaluator =
      make_evaluator(data, loader, possible_objectives(loaded, options.checkpoint, loader.pairing.pairing),
                     options.max_examples, static_cast<std::uint64_t>(options.seed), device);
  const EvaluationReport report = evaluator.evaluate(loaded.model);
  std::cout << (options.as_json ? to_json_text(report) + "\n" : describe(report));
  return 0;
}

}  // namespace

int evaluate_command(const Arguments& arguments) {
  EvaluateOptions options;
  Arguments others = arguments;
  options.overrides = take_overrides(others);
  CommandLine line("evaluate", "Prints the losses and accuracies of a checkpoint on a held-out dataset.");
  add_options(line, options);
  if (!line.parse(others)) return 0;
  return explain_torch_errors("a smaller --batch-size needs less", [&] { return evaluate(options); });
}

}  // namespace bertforge
