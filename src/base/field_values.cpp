// The values of settings: from text, to TOML, and whether they are allowed.

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "bertforge/base/error.h"
#include "bertforge/base/field_list.h"
#include "bertforge/base/numbers.h"

namespace bertforge {
namespace {

template <class... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};
template <class... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

// A basic string of TOML 1.0.
std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04X", byte);
      out += escape;
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string toml_list(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const std::string& item : items) out += (out.size() > 1 ? ", " : "") + toml_string(item);
  return out + "]";
}

// A double must look like one: "1.0".
std::string toml_float(double value) {
  const std::string text = number_text(value);
  return text.find_first_not_of("-0123456789") == std::string::npos ? text + ".0" : text;
}

std::vector<std::string> split_at_commas(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    items.emplace_back(text.substr(0, comma));
    text = comma == std::string_view::npos ? "" : text.substr(comma + 1);
  }
  return items;
}

[[noreturn]] void fail_type(const Field& field, std::string_view text, const std::string& origin) {
  const bool too_large = std::holds_alternative<std::int64_t*>(field.target) && parse_double(text) &&
                         std::abs(*parse_double(text)) >= 0x1p63;
  fail(ErrorKind::kUsage, origin, ": ", field.path, " is ", toml_string(text), "; it must be a",
       too_large ? " smaller" : "", " ", field.type_name());
}

bool parse_bool(const Field& field, std::string_view text, const std::string& origin) {
  if (text == "true") return true;
  if (text == "false") return false;
  fail(ErrorKind::kUsage, origin, ": ", field.path, " is ", toml_string(text), "; it must be true or false");
}

Duration parse_field_duration(const Field& field, std::string_view text, const std::string& origin) {
  try {
    return parse_duration(text);
  } catch (const Error& error) {
    throw Error(ErrorKind::kUsage, concat(origin, ": ", field.path, ": ", error.what()));
  }
}

void check_number(const Field& field, double value, const std::string& origin) {
  const auto& [min, max] = field.bounds;
  if (value >= min && value <= max) return;
  const Bounds<double> open;
  const bool from = min != open.min, to = max != open.max;
  std::string allowed = "a finite number";
  if (from && to) allowed = concat("between ", number_text(min), " and ", number_text(max));
  if (from && !to) allowed = "at least " + number_text(min);
  if (!from && to) allowed = "at most " + number_text(max);
  fail(ErrorKind::kUsage, origin, ": ", field.path, " is ", number_text(value), "; it must be ", allowed);
}

void check_choice(const Field& field, const std::string& value, const std::string& origin) {
  const auto& choices = field.choices;
  if (choices.empty() || std::find(choices.begin(), choices.end(), value) != choices.end()) return;
  fail(ErrorKind::kUsage, origin, ": ", field.path, " is ", toml_string(value), "; ", allowed_names(value, choices));
}

}  // namespace

std::string Field::type_name() const {
  return std::visit(
      Overloaded{[](bool*) { return "true or false"; }, [](std::int64_t*) { return "whole number"; },
                 [](double*) { return "number"; }, [](std::string*) { return "text"; },
                 [](std::vector<std::string>*) { return "list of texts"; }, [](Duration*) { return "duration"; }},
      target);
}

std::string Field::value_as_toml() const {
  return std::visit(Overloaded{[](const bool* value) { return std::string(*value ? "true" : "false"); },
                               [](const std::int64_t* value) { return std::to_string(*value); },
                               [](const double* value) { return toml_float(*value); },
                               [](const std::string* value) { return toml_string(*value); },
                               [](const std::vector<std::string>* value) { return toml_list(*value); },
                               [](const Duration* value) { return toml_string(to_string(*value)); }},
                    target);
}

void set_field_from_text(Field& field, std::string_view text, const std::string& origin) {
  const auto require = [&](const auto& parsed) {
    if (!parsed) fail_type(field, text, origin);
    return *parsed;
  };
  std::visit(Overloaded{[&](bool* value) { *value = parse_bool(field, text, origin); },
                        [&](std::int64_t* value) { *value = require(parse_int64(text)); },
                        [&](double* value) { *value = require(parse_double(text)); },
                        [&](std::string* value) { *value = text; },
                        [&](std::vector<std::string>* value) { *value = split_at_commas(text); },
                        [&](Duration* value) { *value = parse_field_duration(field, text, origin); }},
             field.target);
  check_field(field, origin);
  field.origin = origin;
}

void check_field(const Field& field, const std::string& origin) {
  std::visit(Overloaded{[&](const std::int64_t* value) { check_number(field, static_cast<double>(*value), origin); },
                        [&](const double* value) { check_number(field, *value, origin); },
                        [&](const std::string* value) { check_choice(field, *value, origin); }, [](const auto*) {}},
             field.target);
}

}  // namespace bertforge
