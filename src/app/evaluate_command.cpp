// bertforge evaluate CHECKPOINT --data DIR [--train-data DIR] [--json]

#include <ATen/Parallel.h>

#include <cmath>
#include <iomanip>
#include <iostream>
#include <sstream>

#include "bertforge/app/command_line.h"
#include "bertforge/app/evaluation.h"
#include "bertforge/base/error.h"
#include "bertforge/checkpoint/run_checkpoints.h"
#include "bertforge/huggingface/folder.h"
#include "bertforge/model/device.h"
#include "command_functions.h"

namespace bertforge {
namespace {

struct EvaluateOptions {
  std::string checkpoint, data, training_data;
  std::string device = "auto", precision = "float32";
  int threads = 0;
  std::int64_t max_examples = 0;
  std::uint64_t seed = kEvaluationSeed;
  LoaderConfig loader;
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
  line.add_option("--batch-size", options.loader.batch_size, "Sequences a forward pass")->capture_default_str();
  line.add_option("--max-seq-length", options.loader.pairing.max_seq_length, "Tokens of a sequence")
      ->capture_default_str();
  line.add_option("--max-predictions-per-seq", options.loader.masking.max_predictions_per_seq, "Targets of a sequence")
      ->capture_default_str();
  line.add_option("--masked-lm-prob", options.loader.masking.masked_lm_prob, "Share of tokens that are targets")
      ->capture_default_str();
  line.add_option("--seed", options.seed, "Draws pairs and masks; the default is that of evaluations while training")
      ->capture_default_str();
  line.add_option("--device", options.device, "cpu, cuda, cuda:N or auto")->capture_default_str();
  line.add_option("--precision", options.precision, "float32 or bfloat16")->capture_default_str();
  add_threads_option(line, options.threads);
  line.add_flag("--json", options.as_json, "One JSON object");
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

}  // namespace

int evaluate_command(const Arguments& arguments) {
  EvaluateOptions options;
  options.loader.batch_size = 32;
  CLI::App line("Prints the losses and accuracies of a checkpoint on a held-out dataset.", "bertforge evaluate");
  add_options(line, options);
  if (!parse_command_line(line, arguments)) return 0;

  if (options.threads > 0) at::set_num_threads(options.threads);
  const at::Device device = resolve_device(options.device);
  const auto folder = resolve_checkpoint(options.checkpoint);
  LoadedModel loaded = load_model(folder);
  const auto tokenizer = load_model_tokenizer(folder, loaded.config);
  const TokenStore held_out(options.data, options.threads);
  std::optional<TokenStore> training;
  if (!options.training_data.empty())
    training.emplace(options.training_data, options.threads).require_tokenizer(*tokenizer);

  const ParameterStore store(*loaded.model, device, parse_precision(options.precision));
  const EvaluationData data = {held_out, training ? &*training : nullptr, *tokenizer};
  const Evaluator evaluator = make_evaluator(data, options.loader, possible_objectives(loaded, options.checkpoint),
                                             options.max_examples, options.seed, device);
  const EvaluationReport report = evaluator.evaluate(loaded.model);
  std::cout << (options.as_json ? to_json_text(report) + "\n" : describe(report));
  return 0;
}

}  // namespace bertforge
