#pragma once
// The command line of one command: its arguments, and its options, which are fields as the settings of a config are. So
// every option has a type, bounds or choices, and one sentence of help, and a value that does not fit is refused in the
// words of base/field_list.h.
//
// Used by every src/app/*_command.cpp. CLI11 takes the line apart, in command_line.cpp alone.

#include <deque>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bertforge/app/config_layers.h"
#include "bertforge/app/program.h"
#include "bertforge/base/field_list.h"

namespace bertforge {

class CommandLine {
 public:
  // `purpose`: what the command does, the head of its help.
  CommandLine(std::string command, std::string purpose);
  CommandLine(const CommandLine&) = delete;  // Its options point into it.
  CommandLine& operator=(const CommandLine&) = delete;

  // Arguments without a name, in the order of these calls. Values live as long as this; so do those of options.
  void argument(std::string name, std::string& value, std::string help);
  void optional_argument(std::string name, std::string& value, std::string help);
  void arguments(std::string name, std::vector<std::string>& values, std::string help);  // One or more.

  // Options: fields called "--name". A bool is a flag.
  FieldList& options() { return options_; }
  void require(std::string option);

  // An option that sets a field of a config under a name of its own, with the field's help, bounds and default.
  void option_for(std::string option, Field field);
  // The same for several, each under the field's own name: "max_seq_length" is --max-seq-length. REQUIRES: `fields` has them.
  void options_for(FieldList& fields, std::initializer_list<std::string_view> names);
  static std::string option_of(std::string_view field_name);
  // One that stands for a setting: "--seed 3" for "--train.seed 3". The settings' own reader checks the value.
  void shorthand(std::string option, std::string setting, std::vector<Override>& overrides);
  // One that may be said several times, or once with several values.
  void repeatable(std::string option, std::vector<std::string>& values, std::string help);
  // --name and --no-name; nothing where neither is said.
  void toggle(std::string name, std::optional<bool>& value, std::string help);
  // Options that stay empty where they are not said; `default_text` is what the help shows then.
  void optional(std::string option, std::optional<std::string>& value, std::string help, std::string default_text,
                std::vector<std::string> choices = {});
  void optional(std::string option, std::optional<std::int64_t>& value, std::string help, std::string default_text,
                Bounds<std::int64_t> bounds);
  void hide(std::string option);  // From the help.

  // An option that has an effect with one of some others only, or none with any of some.
  void needs(std::string option, std::vector<std::string> others);
  void excludes(std::string option, std::vector<std::string> others);

  // Adds --log-level, --quiet, --no-progress, reads `arguments`, and sets logging up. False where help, the version or a
  // list of the options was asked for and printed. Error(kUsage): an unknown option (with the nearest name, that of a
  // setting in `settings` included), a missing or an impossible value.
  bool parse(const Arguments& arguments, const FieldList* settings = nullptr);

  // After parse(): whether the option was said, be it with its default.
  bool is_given(const std::string& option) const { return given_.contains(option); }

  const std::string& command() const { return command_; }  // "embed": opens the messages about its options.
  std::string name() const { return "bertforge " + command_; }

 private:
  struct Argument {
    std::string name, help;
    std::variant<std::string*, std::vector<std::string>*> target;
    bool is_required;
  };
  struct Repeatable {
    std::string name, help;
    std::vector<std::string>* values;
  };
  struct Toggle {
    std::string name, help;
    std::optional<bool>* value;
  };
  // What --list-options and the help show of an option besides its field.
  struct Extra {
    bool is_required = false, is_hidden = false;
    std::optional<std::string> default_text;
    std::function<void()> on_given;
  };
  struct Relation {
    std::string option;
    std::vector<std::string> others;
    bool is_needed;  // Or excluded.
  };
  struct LoggingOptions {
    std::string level = "info";
    bool quiet = false, no_progress = false;
  };
  class Reader;

  Extra& extra(const std::string& option);
  void list_options(const FieldList* settings) const;
  std::string nearest_option(const std::string& name, const FieldList* settings) const;
  void refuse_left_over(const std::vector<std::string>& left_over, const FieldList* settings) const;

  std::string command_, purpose_;
  std::vector<Argument> arguments_;
  FieldList options_;
  std::map<std::string, Extra> extras_;
  std::vector<Repeatable> repeatables_;
  std::vector<Toggle> toggles_;
  std::vector<Relation> relations_;
  std::deque<std::variant<std::string, std::int64_t>> values_;  // Of options that have no value elsewhere.
  std::set<std::string> given_;
  LoggingOptions logging_;
};

}  // namespace bertforge
