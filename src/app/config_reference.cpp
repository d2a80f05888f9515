// docs/configuration.md, made from the fields themselves.

#include "bertforge/app/run_config.h"
#include "bertforge/base/error.h"
#include "bertforge/base/numbers.h"

namespace bertforge {
namespace {

constexpr const char* kOpening =
    "# Settings of a run\n\n"
    "Made by `bertforge pretrain --config-reference`; a test holds it to the program. Each setting stands in its "
    "section of a\n"
    "config file, `[train]` `batch_size = 64`, and is an option as well: `--train.batch_size 64`. Later layers win: "
    "defaults,\n"
    "config files from left to right, command line. Durations carry units: `2000 steps`, `3 epochs`, `40 Mtok`,\n"
    "`50000 examples`, `30 min`; a bare number is steps. `bertforge pretrain --config FILE --print-config "
    "--explain`\nprints what a run would use.\n";

// A bar would end the cell of a table.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string allowed(const Field& field) {
  std::string choices;
  for (const std::string& choice : field.choices) choices += (choices.empty() ? "" : ", ") + choice;
  if (!choices.empty()) return choices;
  const Bounds<double> open;
  const bool from = field.bounds.min != open.min, to = field.bounds.max != open.max;
  if (from && to)
    return concat(field.type_name(), ", ", number_text(field.bounds.min), " to ", number_text(field.bounds.max));
  if (from) return concat(field.type_name(), ", at least ", number_text(field.bounds.min));
  return field.type_name();
}

}  // namespace

std::string configuration_reference() {
  RunConfig config;
  FieldList fields;
  visit_fields(config, fields);
  std::string text = kOpening, section;
  for (const Field& field : fields.fields()) {
    const std::size_t dot = field.path.find('.');
    if (field.path.substr(0, dot) != section) {
      section = field.path.substr(0, dot);
      text += "\n## [" + section + "]\n\n| key | default | may be | what it is |\n|---|---|---|---|\n";
    }
    text += concat("| `", field.path.substr(dot + 1), "` | `", escaped(field.value_as_toml()), "` | ",
                   escaped(allowed(field)), " | ", escaped(field.help), " |\n");
  }
  return text;
}

}  // namespace bertforge
