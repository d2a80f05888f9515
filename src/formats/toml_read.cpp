#include <toml++/toml.h>

#include <algorithm>
#include <type_traits>

#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/base/numbers.h"
#include "bertforge/formats/toml.h"

namespace bertforge {
namespace {

// One `key = value`, or an empty table, with the keys above it joined by dots.
struct Entry {
  std::string path;
  const toml::node* node;
  std::string where;  // "FILE:LINE"
};

class Reader {
 public:
  Reader(const std::filesystem::path& path, FieldList& fields) : file_(path.string()), fields_(fields) {}

  void read(const toml::table& root) {
    collect(root, "");
    // toml++ sorts keys by name; a user reads from top to bottom.
    std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
      const auto &left = a.node->source().begin, &right = b.node->source().begin;
      return std::pair(left.line, left.column) < std::pair(right.line, right.column);
    });
    for (const Entry& entry : entries_) set(entry);
  }

 private:
  void collect(const toml::table& table, const std::string& prefix) {
    for (const auto& [key, node] : table) {
      const std::string path = prefix + std::string(key.str());
      const toml::table* inner = node.as_table();
      if (inner != nullptr && fields_.find(path) == nullptr && (!inner->empty() || is_section(path))) {
        collect(*inner, path + ".");
      } else {
        entries_.push_back({path, &node, concat(file_, ":", node.source().begin.line)});
      }
    }
  }

  bool is_section(const std::string& path) const {
    return std::any_of(fields_.fields().begin(), fields_.fields().end(),
                       [&](const Field& field) { return field.path.starts_with(path + "."); });
  }

  void set(const Entry& entry) {
    Field* field = fields_.find(entry.path);
    if (field == nullptr) {
      const std::string near = fields_.nearest(entry.path);
      fail(ErrorKind::kUsage, entry.where, ": unknown key ", entry.path,
           near.empty() ? "" : concat("; did you mean ", near, "?"));
    }
    std::visit([&](auto* target) { assign(*target, *field, entry); }, field->target);
    check_field(*field, entry.where);
    field->origin = entry.where;
  }

  template <class T>
  void assign(T& target, const Field& field, const Entry& entry) {
    const toml::node& node = *entry.node;
    if constexpr (std::is_same_v<T, double>) {
      if (!node.is_number()) fail_type(field, entry);
      target = node.is_integer() ? static_cast<double>(node.as_integer()->get()) : node.as_floating_point()->get();
    } else {
      const auto* value = node.as<T>();
      if (value == nullptr) fail_type(field, entry);
      target = value->get();
    }
  }

  void assign(std::vector<std::string>& target, const Field& field, const Entry& entry) {
    const toml::array* array = entry.node->as_array();
    if (array == nullptr) fail_type(field, entry);
    std::vector<std::string> items;
    for (const toml::node& item : *array) {
      if (!item.is_string()) fail_type(field, {entry.path, &item, entry.where});
      items.push_back(item.as_string()->get());
    }
    target = std::move(items);
  }

  // A text with a unit, or a bare number of steps.
  void assign(Duration& target, const Field& field, const Entry& entry) {
    const toml::node& node = *entry.node;
    if (!node.is_string() && !node.is_integer()) fail_type(field, entry);
    const std::string text = node.is_string() ? node.as_string()->get() : std::to_string(node.as_integer()->get());
    try {
      target = parse_duration(text);
    } catch (const Error& error) {
      throw Error(ErrorKind::kUsage, concat(entry.where, ": ", entry.path, ": ", error.what()));
    }
  }

  [[noreturn]] static void fail_type(const Field& field, const Entry& entry) {
    const std::string type = field.type_name();
    fail(ErrorKind::kUsage, entry.where, ": ", field.path, " is ", description(*entry.node), "; it must be ",
         type == "true or false" ? "" : "a ", type);
  }

  // What stands there, for a message: `the text "fast"`.
  static std::string description(const toml::node& node) {
    if (const auto* text = node.as_string()) return concat("the text \"", text->get(), "\"");
    if (const auto* number = node.as_integer()) return concat("the whole number ", number->get());
    if (const auto* number = node.as_floating_point()) return concat("the number ", number_text(number->get()));
    if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
    if (node.is_array()) return "a list";
    if (node.is_table()) return "a section";
    return "a date or time";
  }

  std::string file_;
  FieldList& fields_;
  std::vector<Entry> entries_;
};

toml::table parse(const std::filesystem::path& path) {
  const std::string text = read_file(path);
  try {
    return toml::parse(text, path.string());
  } catch (const toml::parse_error& error) {
    const auto& at = error.source().begin;
    std::string reason(error.description());
    std::replace(reason.begin(), reason.end(), '\n', ' ');
    fail(ErrorKind::kUsage, path.string(), ":", at.line, ":", at.column, ": ", reason);
  }
}

}  // namespace

void read_toml_file(const std::filesystem::path& path, FieldList& fields) { Reader(path, fields).read(parse(path)); }

}  // namespace bertforge
