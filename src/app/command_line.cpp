#include "bertforge/app/command_line.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <sstream>

#include "bertforge/app/version.h"
#include "bertforge/base/error.h"
#include "bertforge/base/log.h"
#include "bertforge/base/numbers.h"
#include "bertforge/base/progress.h"

namespace bertforge {
namespace {

constexpr const char* kListOptions = "--list-options";  // What shell completion asks every command.

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

// What stands for the value in the help.
std::string value_name(const Field& field) {
  if (!field.choices.empty()) {
    std::string names;
    for (const std::string& choice : field.choices) names += (names.empty() ? "" : "|") + choice;
    return names;
  }
  if (std::holds_alternative<std::int64_t*>(field.target)) return "N";
  if (std::holds_alternative<double*>(field.target)) return "X";
  return "TEXT";
}

// The default, as it would be typed.
std::string default_of(const Field& field) {
  if (const auto* text = std::get_if<std::string*>(&field.target)) return **text;
  if (const auto* list = std::get_if<std::vector<std::string>*>(&field.target)) {  // As it is given: A,B
    std::string text;
    for (const std::string& item : **list) text += (text.empty() ? "" : ",") + item;
    return text;
  }
  return field.value_as_toml();
}

// Lines of at most `width` columns, broken at spaces; CLI11 indents what follows a line feed.
std::string wrapped(const std::string& text, std::size_t width = 86) {
  std::string out;
  std::size_t column = 0;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const bool fits = column == 0 || column + 1 + word.size() <= width;
    if (column > 0) out += fits ? " " : "\n";
    column = fits ? column + (column > 0) + word.size() : word.size();
    out += word;
  }
  return out;
}

// The help of an option, with the bounds of a number.
std::string help_text(const Field& field) {
  const Bounds<double> open;
  const auto& [min, max] = field.bounds;
  std::string text = field.help;
  if (text.ends_with('.')) text.pop_back();
  if (max != open.max) {
    text += concat(" (", number_text(min), " to ", number_text(max), ")");
  } else if (min != open.min && min != 0) {
    text += concat(" (", number_text(min), " or more)");
  }
  return wrapped(text);
}

// Shows `--no-lowercase`, where CLI11 shows how it is read as well: `--no-lowercase{false}`.
class Formatter : public CLI::Formatter {
 public:
  std::string make_option_name(const CLI::Option* option, bool is_positional) const override {
    constexpr std::string_view kReadAs = "{false}";
    std::string name = CLI::Formatter::make_option_name(option, is_positional);
    if (const auto at = name.find(kReadAs); at != std::string::npos) name.erase(at, kReadAs.size());
    return name;
  }
};

bool is_flag(const Field& field) { return std::holds_alternative<bool*>(field.target); }

}  // namespace

// Hands what a CommandLine holds to CLI11 and reads the arguments.
class CommandLine::Reader {
 public:
  explicit Reader(CommandLine& line) : line_(line), app_(line.purpose_, line.name()) {
    app_.allow_extras();
    app_.formatter(std::make_shared<Formatter>());
    app_.get_formatter()->column_width(34);
    app_.set_version_flag("--version", version_line(), "Print the version");
    app_.add_flag(kListOptions, lists_options_)->group("");
    for (Argument& argument : line.arguments_) add(argument);
    for (Field& field : line.options_.fields()) add(field);
    for (Repeatable& option : line.repeatables_) app_.add_option(option.name, *option.values, wrapped(option.help));
    for (Toggle& toggle : line.toggles_) add(toggle);
  }

  bool read(const Arguments& arguments, const FieldList* settings) {
    // What completion asks for, whatever else is missing.
    if (std::find(arguments.begin(), arguments.end(), kListOptions) != arguments.end()) {
      line_.list_options(settings);
      return false;
    }
    try {
      app_.parse(Arguments(arguments.rbegin(), arguments.rend()));  // CLI11 takes them from the back.
    } catch (const CLI::CallForHelp&) {
      std::cout << app_.help();
      return false;
    } catch (const CLI::CallForVersion&) {
      std::cout << version_line() << '\n';
      return false;
    } catch (const CLI::ArgumentMismatch& error) {
      line_.refuse_left_over(app_.remaining(), settings);
      fail_count(error.what());
    } catch (const CLI::RequiredError& error) {
      line_.refuse_left_over(app_.remaining(), settings);
      fail_required(error.what());
    } catch (const CLI::ParseError& error) {
      line_.refuse_left_over(app_.remaining(), settings);
      fail(ErrorKind::kUsage, line_.command_, ": ", first_line(error.what()));
    }
    line_.refuse_left_over(app_.remaining(), settings);
    check_relations();
    note_given();
    return true;
  }

 private:
  void note_given() {
    const auto note = [&](const std::string& name) {
      if (app_.count(name) > 0) line_.given_.insert(name);
    };
    for (const Field& field : line_.options_.fields()) note(field.path);
    for (const Repeatable& option : line_.repeatables_) note(option.name);
    for (const Toggle& toggle : line_.toggles_) note("--" + toggle.name);
  }

  void check_relations() const {
    for (const Relation& relation : line_.relations_) {
      if (app_.count(relation.option) == 0) continue;
      const auto is_given = [&](const std::string& other) { return app_.count(other) > 0; };
      const auto given = std::ranges::find_if(relation.others, is_given);
      if ((given != relation.others.end()) == relation.is_needed) continue;
      if (relation.is_needed) {
        std::string either;
        for (const std::string& other : relation.others) either += (either.empty() ? "" : " or ") + other;
        fail(ErrorKind::kUsage, line_.command_, ": ", relation.option, " has no effect without ", either);
      }
      fail(ErrorKind::kUsage, line_.command_, ": ", *given, " has no effect with ", relation.option);
    }
  }

  // "--output: 1 required TEXT missing", "--output: At Most 1 required but received 2"
  [[noreturn]] void fail_count(const std::string& reason) const {
    const std::string option = reason.substr(0, reason.find(": "));
    const bool is_missing = reason.find("missing") != std::string::npos;
    fail(ErrorKind::kUsage, line_.command_, ": ", option, is_missing ? " has no value" : " is given more than once",
         "; one is expected");
  }

  // "--output is required"
  [[noreturn]] void fail_required(const std::string& reason) const {
    const std::string name = reason.substr(0, reason.find(' '));
    std::string help;
    for (const Argument& argument : line_.arguments_) help = argument.name == name ? argument.help : help;
    for (const Field& field : line_.options_.fields()) help = field.path == name ? field.help : help;
    fail(ErrorKind::kUsage, line_.command_, ": ", first_line(reason), help.empty() ? "" : ": ", help);
  }

  void add(Argument& argument) {
    CLI::Option* option = std::visit(
        [&](auto* value) { return app_.add_option(argument.name, *value, wrapped(argument.help)); }, argument.target);
    option->required(argument.is_required)->type_name("");
    if (!argument.is_required) option->capture_default_str();
  }

  void add(Field& field) {
    const Extra& extra = line_.extra(field.path);
    CLI::Option* option = is_flag(field) ? app_.add_flag(field.path, *std::get<bool*>(field.target), help_text(field))
                                         : add_valued(field);
    option->required(extra.is_required);
    if (extra.is_hidden) option->group("");
  }

  CLI::Option* add_valued(Field& field) {
    const Extra& extra = line_.extra(field.path);
    const auto set = [&line = line_, &field, &extra](const std::string& text) {
      set_field_from_text(field, text, line.command_);
      if (extra.on_given) extra.on_given();
    };
    CLI::Option* option = app_.add_option_function<std::string>(field.path, set, help_text(field));
    option->type_name(value_name(field));
    const std::string default_text = extra.default_text ? *extra.default_text : default_of(field);
    if (!default_text.empty() && !extra.is_required) option->default_str(default_text);
    return option;
  }

  void add(Toggle& toggle) {
    app_.add_flag_function(
        "--" + toggle.name + ",!--no-" + toggle.name, [&toggle](std::int64_t count) { *toggle.value = count > 0; },
        wrapped(toggle.help));
  }

  CommandLine& line_;
  CLI::App app_;
  bool lists_options_ = false;
};

CommandLine::CommandLine(std::string command, std::string purpose)
    : command_(std::move(command)), purpose_(std::move(purpose)) {}

void CommandLine::argument(std::string name, std::string& value, std::string help) {
  arguments_.push_back({std::move(name), std::move(help), &value, true});
}

void CommandLine::optional_argument(std::string name, std::string& value, std::string help) {
  arguments_.push_back({std::move(name), std::move(help), &value, false});
}

void CommandLine::arguments(std::string name, std::vector<std::string>& values, std::string help) {
  arguments_.push_back({std::move(name), std::move(help), &values, true});
}

void CommandLine::require(std::string option) { extra(option).is_required = true; }
void CommandLine::hide(std::string option) { extra(option).is_hidden = true; }

void CommandLine::needs(std::string option, std::vector<std::string> others) {
  relations_.push_back({std::move(option), std::move(others), true});
}

void CommandLine::excludes(std::string option, std::vector<std::string> others) {
  relations_.push_back({std::move(option), std::move(others), false});
}

void CommandLine::option_for(std::string option, Field field) {
  field.path = std::move(option);
  options_.fields().push_back(std::move(field));
}

std::string CommandLine::option_of(std::string_view field_name) {
  std::string option = concat("--", field_name);
  std::ranges::replace(option, '_', '-');
  return option;
}

void CommandLine::options_for(FieldList& fields, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) option_for(option_of(name), *fields.find(name));
}

void CommandLine::shorthand(std::string option, std::string setting, std::vector<Override>& overrides) {
  auto& text = std::get<std::string>(values_.emplace_back(std::string()));
  options_.add(option, text, "Short for --" + setting);
  extra(option).default_text = "";
  extra(option).on_given = [&text, &overrides, setting] { overrides.push_back({setting, text}); };
}

void CommandLine::repeatable(std::string option, std::vector<std::string>& values, std::string help) {
  repeatables_.push_back({std::move(option), std::move(help), &values});
}

void CommandLine::toggle(std::string name, std::optional<bool>& value, std::string help) {
  toggles_.push_back({std::move(name), std::move(help), &value});
}

void CommandLine::optional(std::string option, std::optional<std::string>& value, std::string help,
                           std::string default_text, std::vector<std::string> choices) {
  auto& text = std::get<std::string>(values_.emplace_back(std::string()));
  options_.add(option, text, std::move(help), std::move(choices));
  extra(option).default_text = std::move(default_text);
  extra(option).on_given = [&text, &value] { value = text; };
}

void CommandLine::optional(std::string option, std::optional<std::int64_t>& value, std::string help,
                           std::string default_text, Bounds<std::int64_t> bounds) {
  auto& number = std::get<std::int64_t>(values_.emplace_back(std::int64_t{0}));
  options_.add(option, number, std::move(help), bounds);
  extra(option).default_text = std::move(default_text);
  extra(option).on_given = [&number, &value] { value = number; };
}

CommandLine::Extra& CommandLine::extra(const std::string& option) { return extras_[option]; }

bool CommandLine::parse(const Arguments& arguments, const FieldList* settings) {
  options_.add("--log-level", logging_.level, "What standard error shows", log_level_names());
  options_.add("--quiet", logging_.quiet, "Warnings and errors only, no progress bar");
  options_.add("--no-progress", logging_.no_progress, "No progress bar (there is none without a terminal either)");
  if (!Reader(*this).read(arguments, settings)) return false;
  set_log_level(logging_.quiet ? LogLevel::kWarning : parse_log_level(logging_.level));
  if (logging_.quiet || logging_.no_progress) set_progress_enabled(false);
  return true;
}

// NAME <tab> the values it may have, if they are few <tab> help; a flag has "-" for its values.
void CommandLine::list_options(const FieldList* settings) const {
  const auto print = [](const std::string& name, const std::string& values, const std::string& help) {
    std::cout << name << '\t' << values << '\t' << first_line(help) << '\n';
  };
  const auto print_field = [&](const Field& field, const std::string& name, std::string values) {
    for (const std::string& choice : field.choices) values += (values.empty() ? "" : " ") + choice;
    print(name, values, field.help);
  };
  for (const Field& field : options_.fields()) {
    const auto extra = extras_.find(field.path);
    const bool is_hidden = extra != extras_.end() && extra->second.is_hidden;
    if (!is_hidden) print_field(field, field.path, is_flag(field) ? "-" : "");
  }
  if (settings != nullptr) {
    for (const Field& field : settings->fields())
      print_field(field, "--" + field.path, is_flag(field) ? "true false" : "");
  }
  for (const Repeatable& option : repeatables_) print(option.name, "", option.help);
  for (const Toggle& toggle : toggles_) {
    print("--" + toggle.name, "-", toggle.help);
    print("--no-" + toggle.name, "-", "Not so: " + toggle.help);
  }
  print("--help", "-", "Print this command's help");
  print("--version", "-", "Print the version");
}

std::string CommandLine::nearest_option(const std::string& name, const FieldList* settings) const {
  const std::string setting = setting_called(name, settings);
  if (!setting.empty()) return setting;
  std::vector<std::string> known = {"--help", "--version"};
  for (const Field& field : options_.fields()) known.push_back(field.path);
  for (const Repeatable& option : repeatables_) known.push_back(option.name);
  for (const Toggle& toggle : toggles_) known.insert(known.end(), {"--" + toggle.name, "--no-" + toggle.name});
  return nearest_name(name, known);
}

void CommandLine::refuse_left_over(const std::vector<std::string>& left_over, const FieldList* settings) const {
  if (left_over.empty()) return;
  const std::string option = left_over.front().substr(0, left_over.front().find('='));
  if (!option.starts_with("-") || option == "-") {
    const bool takes_configs =
        std::ranges::any_of(repeatables_, [](const auto& each) { return each.name == "--config"; });
    const bool is_config = takes_configs && option.ends_with(".toml");
    fail(ErrorKind::kUsage, command_, ": \"", option, "\" is one argument too many; ",
         is_config ? concat("did you mean --config ", option, "?") : concat("see ", name(), " --help"));
  }
  const std::string near = nearest_option(option, settings);
  fail(ErrorKind::kUsage, command_, ": unknown option ", option,
       near.empty() ? concat("; see ", name(), " --help") : concat("; did you mean ", near, "?"));
}

}  // namespace bertforge
