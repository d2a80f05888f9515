#include "bertforge/formats/json.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "bertforge/base/error.h"
#include "bertforge/base/files.h"

namespace bertforge {
namespace {

using nlohmann::json;

// "line 3, column 7" of the byte that the parser had just read, counted from 1.
std::string position_text(std::string_view text, std::size_t byte) {
  const std::string_view before = text.substr(0, byte == 0 ? 0 : std::min(byte - 1, text.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t line_start = before.rfind('\n') + 1;
  return concat("line ", line, ", column ", before.size() - line_start + 1);
}

std::string found_text(const json& value) {
  constexpr std::size_t kMaxLength = 60;
  // Lists and objects are not written out: they may be deep enough to exhaust the stack.
  const std::string text = value.is_structured() ? "" : dump_json_line(value);
  return text.empty() || text.size() > kMaxLength ? concat("of type ", value.type_name()) : text;
}

[[noreturn]] void fail_type(const json& value, std::string_view key, std::string_view where, const char* wanted) {
  fail(ErrorKind::kInput, where, ": \"", key, "\" is ", found_text(value), "; it must be ", wanted);
}

std::int64_t as_int(const json& value, std::string_view key, std::string_view where) {
  const bool too_large =
      value.is_number_unsigned() &&
      value.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!value.is_number_integer() || too_large) fail_type(value, key, where, "a whole number");
  return value.get<std::int64_t>();
}

double as_double(const json& value, std::string_view key, std::string_view where) {
  if (!value.is_number()) fail_type(value, key, where, "a number");
  return value.get<double>();
}

bool as_bool(const json& value, std::string_view key, std::string_view where) {
  if (!value.is_boolean()) fail_type(value, key, where, "true or false");
  return value.get<bool>();
}

std::string as_string(const json& value, std::string_view key, std::string_view where) {
  if (!value.is_string()) fail_type(value, key, where, "a text");
  return value.get<std::string>();
}

// The member, or nullptr where it is missing or null.
const json* find_member(const json& object, std::string_view key, std::string_view where) {
  if (!object.is_object())
    fail(ErrorKind::kInput, where, ": the value is ", found_text(object), "; it must be an object");
  const auto member = object.find(std::string(key));
  return member == object.end() || member->is_null() ? nullptr : &*member;
}

}  // namespace

json read_json_file(const std::filesystem::path& path) { return parse_json(read_file(path), path.string()); }

json read_json_object(const std::filesystem::path& path) {
  json value = read_json_file(path);
  if (!value.is_object())
    fail(ErrorKind::kInput, path.string(), ": the value is ", found_text(value), "; it must be an object");
  return value;
}

json parse_json(std::string_view text, std::string_view where) {
  try {
    return json::parse(text);
  } catch (const json::parse_error& error) {
    fail(ErrorKind::kInput, where, ": ", position_text(text, error.byte), ": no JSON: ", json_reason(error));
  } catch (const json::exception& error) {  // A number beyond all bounds.
    fail(ErrorKind::kInput, where, ": no JSON: ", json_reason(error));
  }
}

namespace {

// What the parser read last may be all of a large text: its end, near the fault, is enough.
void shorten_last_read(std::string& reason) {
  constexpr std::string_view kIntroduction = "last read: '";
  constexpr std::size_t kMostBytes = 40;
  const std::size_t begin = reason.find(kIntroduction);
  if (begin == std::string::npos) return;
  const std::size_t from = begin + kIntroduction.size(), to = std::max(from, reason.rfind('\''));
  if (to - from > kMostBytes) reason.replace(from, to - from - kMostBytes, "...");
}

// Bytes that are no UTF-8 become U+FFFD, and what moves a terminal's cursor a space.
void make_printable(std::string& text) {
  const bool is_ascii = std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  if (!is_ascii) text = json::parse(dump_json_line(text)).get<std::string>();
}

}  // namespace

// "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error ..." -> "syntax error ..."
std::string json_reason(const std::exception& error) {
  std::string reason = error.what();
  if (const std::size_t id_end = reason.find("] "); id_end != std::string::npos) reason.erase(0, id_end + 2);
  if (reason.starts_with("parse error")) {
    if (const std::size_t colon = reason.find(": "); colon != std::string::npos) reason.erase(0, colon + 2);
  }
  shorten_last_read(reason);
  make_printable(reason);
  return reason;
}

std::string dump_json_line(const json& value) {
  return value.dump(-1, ' ', /*ensure_ascii=*/false, json::error_handler_t::replace);
}

std::string dump_ordered_json_line(const nlohmann::ordered_json& value) {
  return value.dump(-1, ' ', /*ensure_ascii=*/false, json::error_handler_t::replace);
}

const json& get_member(const json& object, std::string_view key, std::string_view where) {
  if (!object.is_object())
    fail(ErrorKind::kInput, where, ": the value is ", found_text(object), "; it must be an object");
  const auto member = object.find(std::string(key));
  if (member == object.end()) fail(ErrorKind::kInput, where, ": there is no \"", key, "\"");
  return *member;
}

const json& get_object(const json& object, std::string_view key, std::string_view where) {
  const json& member = get_member(object, key, where);
  if (!member.is_object()) fail_type(member, key, where, "an object");
  return member;
}

std::int64_t get_int(const json& object, std::string_view key, std::string_view where) {
  return as_int(get_member(object, key, where), key, where);
}

std::int64_t get_int(const json& object, std::string_view key, std::string_view where, std::int64_t fallback) {
  const json* member = find_member(object, key, where);
  return member == nullptr ? fallback : as_int(*member, key, where);
}

double get_double(const json& object, std::string_view key, std::string_view where) {
  return as_double(get_member(object, key, where), key, where);
}

double get_double(const json& object, std::string_view key, std::string_view where, double fallback) {
  const json* member = find_member(object, key, where);
  return member == nullptr ? fallback : as_double(*member, key, where);
}

bool get_bool(const json& object, std::string_view key, std::string_view where) {
  return as_bool(get_member(object, key, where), key, where);
}

bool get_bool(const json& object, std::string_view key, std::string_view where, bool fallback) {
  const json* member = find_member(object, key, where);
  return member == nullptr ? fallback : as_bool(*member, key, where);
}

std::string get_string(const json& object, std::string_view key, std::string_view where) {
  return as_string(get_member(object, key, where), key, where);
}

std::string get_string(const json& object, std::string_view key, std::string_view where, std::string_view fallback) {
  const json* member = find_member(object, key, where);
  return member == nullptr ? std::string(fallback) : as_string(*member, key, where);
}

std::vector<std::string> get_strings(const json& object, std::string_view key, std::string_view where) {
  const json& member = get_member(object, key, where);
  if (!member.is_array()) fail_type(member, key, where, "a list of texts");
  std::vector<std::string> items;
  for (const json& item : member) {
    if (!item.is_string()) fail_type(member, key, where, "a list of texts");
    items.push_back(item.get<std::string>());
  }
  return items;
}

}  // namespace bertforge
