#include "bertforge/app/config_layers.h"

#include "bertforge/base/error.h"
#include "bertforge/formats/toml.h"

namespace bertforge {
namespace {

bool names_a_setting(const std::string& argument) {
  return argument.starts_with("--") && argument.substr(0, argument.find('=')).find('.') != std::string::npos;
}

void apply(const Override& setting, FieldList& fields) {
  Field* field = fields.find(setting.path);
  if (field == nullptr) {
    const std::string near = fields.nearest(setting.path);
    fail(ErrorKind::kUsage, "command line: unknown option --", setting.path,
         near.empty() ? "" : concat("; did you mean --", near, "?"));
  }
  if (!setting.has_value && !std::holds_alternative<bool*>(field->target)) {
    fail(ErrorKind::kUsage, "command line: --", setting.path, " has no value; a ", field->type_name(), " is expected");
  }
  set_field_from_text(*field, setting.has_value ? setting.value : "true", "command line");
}

}  // namespace

std::vector<Override> take_overrides(Arguments& arguments) {
  std::vector<Override> overrides;
  Arguments others;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (!names_a_setting(argument)) {
      others.push_back(argument);
      continue;
    }
    const std::size_t equals = argument.find('=');
    if (equals != std::string::npos) {
      overrides.push_back({argument.substr(2, equals - 2), argument.substr(equals + 1)});
    } else if (i + 1 < arguments.size() && !arguments[i + 1].starts_with("--")) {
      overrides.push_back({argument.substr(2), arguments[++i]});
    } else {
      overrides.push_back({argument.substr(2), "", false});
    }
  }
  arguments = std::move(others);
  return overrides;
}

void refuse_values_behind_lists(const Arguments& arguments, FieldList& fields) {
  for (std::size_t i = 0; i + 2 < arguments.size(); ++i) {
    const std::string &name = arguments[i], &value = arguments[i + 1], &next = arguments[i + 2];
    if (!names_a_setting(name) || name.find('=') != std::string::npos) continue;
    const Field* field = fields.find(name.substr(2));
    if (field == nullptr || !std::holds_alternative<std::vector<std::string>*>(field->target)) continue;
    if (value.starts_with("-") || next.starts_with("-")) continue;
    fail(ErrorKind::kUsage, "command line: ", name, " takes one list, and \"", next, "\" stands behind it; write ",
         name, " ", value, ",", next, ", or a pattern in quotes, which the program reads itself");
  }
}

void apply_layers(const std::vector<std::string>& files, const std::vector<Override>& overrides, FieldList& fields) {
  for (const std::string& file : files) read_toml_file(file, fields);
  for (const Override& setting : overrides) apply(setting, fields);
}

}  // namespace bertforge
