#include <limits>
#include <map>

#include "bertforge/base/error.h"
#include "bertforge/base/numbers.h"
#include "bertforge/formats/toml.h"

namespace bertforge {
namespace {

constexpr std::size_t kCommentWidth = 118;

std::string section_of(const Field& field) { return field.path.substr(0, field.path.rfind('.') + 1); }  // "train."

// "between 0 and 1", "gelu, relu"; "" where anything goes.
std::string allowed_values(const Field& field) {
  std::string choices;
  for (const std::string& choice : field.choices) choices += (choices.empty() ? "One of " : ", ") + choice;
  if (!choices.empty()) return choices + ".";

  const Bounds<double> open;
  const bool from = field.bounds.min != open.min, to = field.bounds.max != open.max;
  if (from && to) return concat("Between ", number_text(field.bounds.min), " and ", number_text(field.bounds.max), ".");
  if (from) return concat("At least ", number_text(field.bounds.min), ".");
  if (to) return concat("At most ", number_text(field.bounds.max), ".");
  return "";
}

// Lines of a comment, broken between words.
std::string as_comment(const std::string& text) {
  std::string out, line = "#", word;
  const auto end_word = [&] {
    if (word.empty()) return;
    if (line.size() + 1 + word.size() > kCommentWidth && line.size() > 1) {
      out += line + "\n";
      line = "#";
    }
    line += " " + word;
    word.clear();
  };
  for (const char c : text) {
    if (c == ' ' || c == '\n') {
      end_word();
    } else {
      word += c;
    }
  }
  end_word();
  return line.size() > 1 ? out + line + "\n" : out;
}

std::string help_comment(const Field& field) {
  std::string text = field.help;
  const std::string allowed = allowed_values(field);
  if (!allowed.empty()) text += " " + allowed;
  if (field.origin != "default") text += " (From " + field.origin + ".)";
  return as_comment(text);
}

}  // namespace

std::string dump_toml(const FieldList& fields, bool with_help) {
  // Sections in the order of their first field; those without come first, as TOML wants it.
  std::vector<std::string> order = {""};
  std::map<std::string, std::string> bodies;
  for (const Field& field : fields.fields()) {
    const std::string section = section_of(field);
    if (!section.empty() && !bodies.contains(section)) order.push_back(section);
    std::string& body = bodies[section];
    if (with_help) body += (body.empty() ? "" : "\n") + help_comment(field);
    body += field.path.substr(section.size()) + " = " + field.value_as_toml() + "\n";
  }

  std::string out;
  for (const std::string& section : order) {
    if (!out.empty()) out += "\n";
    if (!section.empty()) out += "[" + section.substr(0, section.size() - 1) + "]\n";
    out += bodies[section];
  }
  return out;
}

}  // namespace bertforge
