#include "bertforge/app/command_line.h"

#include <algorithm>
#include <iostream>

#include "bertforge/app/corpus.h"
#include "bertforge/base/error.h"
#include "bertforge/base/field_list.h"
#include "bertforge/base/log.h"
#include "bertforge/base/progress.h"

namespace bertforge {
namespace {

struct LoggingOptions {
  std::string level = "info";
  bool quiet = false, no_progress = false;

  void apply() const {
    set_log_level(quiet ? LogLevel::kWarning : parse_log_level(level));
    if (quiet || no_progress) set_progress_enabled(false);
  }
};

void add_logging_options(CLI::App& line, LoggingOptions& options) {
  line.add_option("--log-level", options.level, "debug, info, warning, error or off")->capture_default_str();
  line.add_flag("--quiet", options.quiet, "Warnings and errors only, no progress bar");
  line.add_flag("--no-progress", options.no_progress, "No progress bar (there is none without a terminal either)");
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// "--keep-unk", which is a setting: "--data.keep_unk". "" where there is none of that name.
std::string setting_called(std::string name, const FieldList* settings) {
  if (settings == nullptr) return "";
  name.erase(0, name.find_first_not_of('-'));
  std::replace(name.begin(), name.end(), '-', '_');
  for (const Field& field : settings->fields()) {
    if (field.path.ends_with("." + name)) return "--" + field.path;
  }
  return "";
}

std::string nearest_option(const CLI::App& line, const std::string& name, const FieldList* settings) {
  const std::string setting = setting_called(name, settings);
  if (!setting.empty()) return setting;
  std::vector<std::string> known;
  for (const CLI::Option* option : line.get_options()) {
    for (const std::string& long_name : option->get_lnames()) known.push_back("--" + long_name);
  }
  return nearest_name(name, known);
}

void refuse_left_over(const CLI::App& line, const FieldList* settings) {
  const std::vector<std::string> left_over = line.remaining();
  if (left_over.empty()) return;
  const std::string name = left_over.front().substr(0, left_over.front().find('='));
  if (!name.starts_with("-") || name == "-") {
    fail(ErrorKind::kUsage, line.get_name(), ": \"", name, "\" is one argument too many; see ", line.get_name(),
         " --help");
  }
  const std::string near = nearest_option(line, name, settings);
  fail(ErrorKind::kUsage, line.get_name(), ": unknown option ", name,
       near.empty() ? concat("; see ", line.get_name(), " --help") : concat("; did you mean ", near, "?"));
}

void add_switch(CLI::App& line, const std::string& name, std::optional<bool>& value, const std::string& help) {
  line.add_flag_function(
      "--" + name + ",!--no-" + name, [&value](std::int64_t count) { value = count > 0; }, help);
}

}  // namespace

bool parse_command_line(CLI::App& line, const Arguments& arguments, const FieldList* settings) {
  LoggingOptions logging;
  add_logging_options(line, logging);
  line.allow_extras();
  line.get_formatter()->column_width(34);
  try {
    line.parse(Arguments(arguments.rbegin(), arguments.rend()));  // CLI11 takes them from the back.
  } catch (const CLI::CallForHelp&) {
    std::cout << line.help();
    return false;
  } catch (const CLI::ParseError& error) {
    refuse_left_over(line, settings);
    fail(ErrorKind::kUsage, line.get_name(), ": ", first_line(error.what()));
  }
  refuse_left_over(line, settings);
  logging.apply();
  return true;
}

void add_threads_option(CLI::App& line, int& num_threads) {
  line.add_option("--threads", num_threads, "Threads; 0 for all of the machine")
      ->capture_default_str()
      ->check(CLI::Range(0, 4096));
}

void add_vocab_option(CLI::App& line, std::string& vocab, TokenizerOverrides& overrides) {
  line.add_option("--vocab", vocab, "A tokenizer folder, or a vocab.txt (then uncased, as Hugging Face has it)")
      ->required();
  add_tokenizer_flags(line, overrides);
}

void add_tokenizer_flags(CLI::App& line, TokenizerOverrides& overrides) {
  add_switch(line, "lowercase", overrides.lowercase, "Make text lower case");
  add_switch(line, "strip-accents", overrides.strip_accents, "Remove accents; unless said, as --lowercase");
  add_switch(line, "split-cjk", overrides.split_cjk, "Make every Chinese character a word");
  add_switch(line, "clean-text", overrides.clean_text, "Delete control characters, make white space alike");
  line.add_option_function<std::string>(
      "--suffix-indicator", [&](const std::string& value) { overrides.suffix_indicator = value; },
      "What pieces that continue a word begin with [##]");
  line.add_option_function<std::string>(
      "--unknown-token", [&](const std::string& value) { overrides.unknown_token = value; },
      "The piece for words that no pieces fit [[UNK]]");
  line.add_option_function<std::int64_t>(
      "--max-word-chars", [&](std::int64_t value) { overrides.max_word_chars = value; },
      "Longer words, in characters, are unknown [100]");
}

void add_optional_input(CLI::App& line, std::string& input, const std::string& what) {
  line.add_option("input", input, what + "; - is standard input")->capture_default_str();
}

void add_corpus_options(CLI::App& line, std::string& format, bool& keep_unk) {
  line.add_option("--format", format, corpus_format_help())->capture_default_str();
  line.add_flag("--keep-unk", keep_unk, "Read WikiText's <unk> as text; otherwise it is [UNK] and never learned");
}

}  // namespace bertforge
