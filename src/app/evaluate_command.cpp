// bertforge evaluate CHECKPOINT --data DIR [--train-data DIR] [--config FILE...] [--data.key VALUE...] [--json]

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <iostream>
#include <sstream>

#include "bertforge/app/command_line.h"
#include "bertforge/app/evaluation.h"
#include "bertforge/app/run_folder.h"
#include "bertforge/base/error.h"
#include "bertforge/checkpoint/run_checkpoints.h"
#include "bertforge/huggingface/folder.h"
#include "bertforge/model/device.h"
#include "command_functions.h"
#include "shorthand.h"
#include "torch_errors.h"

namespace bertforge {
namespace {

struct EvaluateOptions {
  std::string checkpoint, data, training_data;
  std::string device = "auto", precision = "float32";
  int threads = 0;
  std::int64_t max_examples = 0;
  std::uint64_t seed = kEvaluationSeed;
  std::int64_t batch_size = 32;
  std::vector<std::string> config_files;
  std::vector<Override> overrides;  // Of [data].
  bool as_json = false;
};

void add_options(CLI::App& line, EvaluateOptions& options) {
  line.add_option("checkpoint", options.checkpoint, "A model folder, or a run: its best checkpoint, else its latest")
      ->required();
  line.add_option("--data", options.data, "The held-out dataset")->required();
  line.add_option("--train-data", options.training_data,
                  "The dataset it was trained on: gives the unigram baseline of the masked-LM loss");
  line.add_option("--max-examples", options.max_examples, "At most so many; 0 for all of an epoch")
      ->capture_default_str();
  line.add_option("--batch-size", options.batch_size, "Sequences a forward pass")->capture_default_str();
  line.add_option("--config", options.config_files,
                  "Config files whose [data] says how examples are made; without, that of the checkpoint's run");
  add_shorthand(line, "--max-seq-length", "data.max_seq_length", options.overrides);
  add_shorthand(line, "--max-predictions-per-seq", "data.max_predictions_per_seq", options.overrides);
  add_shorthand(line, "--masked-lm-prob", "data.masked_lm_prob", options.overrides);
  line.add_option("--seed", options.seed, "Draws pairs and masks; the default is that of evaluations while training")
      ->capture_default_str();
  line.add_option("--device", options.device, "cpu, cuda, cuda:N or auto")->capture_default_str();
  line.add_option("--precision", options.precision, "float32 or bfloat16")->capture_default_str();
  add_threads_option(line, options.threads);
  line.add_flag("--json", options.as_json, "One JSON object");
}

// How the run that the checkpoint is of makes examples; elsewhere the defaults, within the model's length.
DataSection default_data(const std::filesystem::path& checkpoint, const BertConfig& model) {
  const auto folder = std::filesystem::canonical(checkpoint);
  const RunPaths run{folder.parent_path().parent_path()};
  if (run.checkpoints() == folder.parent_path()) {
    if (const auto config = read_run_config(run)) return config->data;
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
std::vector<std::string> possible_objectives(const LoadedModel& loaded, const std::string& checkpoint) {
  const auto lacks = [&](const char* head) {
    return std::find(loaded.new_heads.begin(), loaded.new_heads.end(), head) != loaded.new_heads.end();
  };
  std::vector<std::string> names;
  if (!lacks("masked_lm")) names.push_back("masked_lm");
  if (!lacks("next_sentence") && !lacks("pooler")) names.push_back("next_sentence");
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
        out << "  unigram baseline  " << *report.unigram_baseline << ", " << *report.unigram_baseline - term.loss()
            << " above the loss\n";
      }
    }
    out << "  accuracy          " << term.accuracy() << '\n';
    for (std::size_t label = 0; label < term.class_count.size(); ++label) {
      const std::string name =
          term.name == "next_sentence" ? (label == 0 ? "B follows A" : "B is random") : std::to_string(label);
      out << "  of \"" << name << "\"  " << term.class_accuracy(label) << " of " << term.class_count[label] << '\n';
    }
    if (!term.class_count.empty()) out << "  balanced          " << term.balanced_accuracy() << '\n';
  }
  return std::move(out).str();
}

int evaluate(const EvaluateOptions& options) {
  if (options.threads > 0) at::set_num_threads(options.threads);
  const at::Device device = resolve_device(options.device);
  const auto folder = resolve_checkpoint(options.checkpoint);
  LoadedModel loaded = load_model(folder);
  const LoaderConfig loader = loader_config(options, folder, loaded.config);
  const auto tokenizer = load_model_tokenizer(folder, loaded.config);
  const TokenStore held_out(options.data, options.threads);
  std::optional<TokenStore> training;
  if (!options.training_data.empty())
    training.emplace(options.training_data, options.threads).require_tokenizer(*tokenizer);

  const ParameterStore store(*loaded.model, device, parse_precision(options.precision));
  const EvaluationData data = {held_out, training ? &*training : nullptr, *tokenizer};
  const Evaluator evaluator = make_evaluator(data, loader, possible_objectives(loaded, options.checkpoint),
                                             options.max_examples, options.seed, device);
  const EvaluationReport report = evaluator.evaluate(loaded.model);
  std::cout << (options.as_json ? to_json_text(report) + "\n" : describe(report));
  return 0;
}

}  // namespace

int evaluate_command(const Arguments& arguments) {
  EvaluateOptions options;
  Arguments others = arguments;
  options.overrides = take_overrides(others);
  CLI::App line("Prints the losses and accuracies of a checkpoint on a held-out dataset.", "bertforge evaluate");
  add_options(line, options);
  if (!parse_command_line(line, others)) return 0;
  return explain_torch_errors("a smaller --batch-size needs less", [&] { return evaluate(options); });
}

}  // namespace bertforge
