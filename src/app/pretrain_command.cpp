// bertforge pretrain --config FILE... [--section.key VALUE...]

#include <iostream>

#include "bertforge/app/command_line.h"
#include "bertforge/app/config_layers.h"
#include "bertforge/app/pretrain.h"
#include "bertforge/formats/toml.h"
#include "command_functions.h"
#include "torch_errors.h"

namespace bertforge {
namespace {

constexpr const char* kHelp =
    "Trains a model as config files and the command line say: defaults < config files from left to right < command "
    "line.\n"
    "Every setting of docs/configuration.md is an option too: --train.batch_size 64, --data.train a.txt,b.txt.";

std::string joined(const Arguments& arguments) {
  std::string text = "bertforge pretrain";
  for (const std::string& argument : arguments) {
    const bool plain = argument.find_first_of(" \t\"'$&|;<>*?()\\") == std::string::npos && !argument.empty();
    text += " " + (plain ? argument : "'" + argument + "'");
  }
  return text;
}

}  // namespace

int pretrain_command(const Arguments& arguments) {
  RunConfig config;
  FieldList fields;
  visit_fields(config, fields);
  PretrainOptions options;
  options.command = joined(arguments);
  std::vector<std::string> files;
  bool print_config = false, explain = false, reference = false;

  Arguments others = arguments;
  refuse_values_behind_lists(arguments, fields);
  std::vector<Override> overrides = take_overrides(others);
  CommandLine line("pretrain", kHelp);
  line.repeatable("--config", files, "Config files (TOML), later ones over earlier ones");
  line.shorthand("--output", "run.output", overrides);
  line.shorthand("--device", "run.device", overrides);
  line.shorthand("--threads", "run.threads", overrides);
  line.shorthand("--seed", "train.seed", overrides);
  line.shorthand("--init-from", "run.init_from", overrides);
  line.options().add(
      "--resume", options.resume,
      "auto: from the run folder's newest checkpoint, if any; never: anew; or a checkpoint or run folder");
  line.options().add(
      "--dry-run", options.dry_run,
      "Load everything, make three updates and one evaluation, and say how long the run would take; the run "
      "folder stays as it is, vocabulary and datasets are kept for the run");
  line.options().add(
      "--profile", options.profile,
      "A file for a trace of what this session's updates spend their time on, which ui.perfetto.dev draws; "
      "rank 1 of a job writes FILE.rank1, and so on");
  line.options().add("--print-config", print_config, "Print the settings as a config file and stop");
  line.options().add("--explain", explain, "With --print-config: what each setting is, and where its value came from");
  line.options().add("--config-reference", reference, "");  // Makes docs/configuration.md.
  line.hide("--config-reference");
  if (!line.parse(others, &fields)) return 0;
  if (reference) {
    std::cout << configuration_reference();
    return 0;
  }

  apply_layers(files, overrides, fields);
  take_compat_defaults(config.tokenizer, fields);
  remove_settings_without_effect(config, fields);
  if (print_config) {
    std::cout << dump_toml(fields, explain);
    return 0;
  }
  config.validate();
  make_paths_absolute(config);
  return explain_torch_errors(
      "train.activation_checkpointing, a smaller model or a smaller data.max_seq_length needs less; in evaluations, "
      "a smaller train.micro_batch_size",
      [&] { return pretrain(config, options); });
}

}  // namespace bertforge
