#pragma once
// JSON of other people's files, read so that every fault says where it is.
//
// Include <nlohmann/json.hpp> where a value is looked into; this header only declares it.

#include <cstdint>
#include <exception>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace bertforge {

// The file as one JSON value. Error(kInput) names file, line and column, and what stands there.
nlohmann::json read_json_file(const std::filesystem::path& path);

// The same, which must be an object.
nlohmann::json read_json_object(const std::filesystem::path& path);

// `text` as one JSON value. `where` ("corpus.jsonl:7") opens the message of an Error(kInput), before a line and column.
nlohmann::json parse_json(std::string_view text, std::string_view where);

// What a JSON library's exception says, in one line and without its number.
std::string json_reason(const std::exception& error);

// One line without its end; letters beyond ASCII stay as they are, bytes that are no UTF-8 become U+FFFD.
std::string dump_json_line(const nlohmann::json& value);
std::string dump_ordered_json_line(const nlohmann::ordered_json& value);

// The member `key` of an object. Error(kInput) that names `where`, the key and what was found, if it is missing or of
// another type; the functions with a fallback give it where the key is missing or null.
std::int64_t get_int(const nlohmann::json& object, std::string_view key, std::string_view where);
std::int64_t get_int(const nlohmann::json& object, std::string_view key, std::string_view where, std::int64_t fallback);
double get_double(const nlohmann::json& object, std::string_view key, std::string_view where);
double get_double(const nlohmann::json& object, std::string_view key, std::string_view where, double fallback);
bool get_bool(const nlohmann::json& object, std::string_view key, std::string_view where);
bool get_bool(const nlohmann::json& object, std::string_view key, std::string_view where, bool fallback);
std::string get_string(const nlohmann::json& object, std::string_view key, std::string_view where);
std::string get_string(const nlohmann::json& object, std::string_view key, std::string_view where,
                       std::string_view fallback);
std::vector<std::string> get_strings(const nlohmann::json& object, std::string_view key, std::string_view where);

const nlohmann::json& get_object(const nlohmann::json& object, std::string_view key, std::string_view where);

// The member itself, of any type; Error(kInput) where `object` is no object or has no such key.
const nlohmann::json& get_member(const nlohmann::json& object, std::string_view key, std::string_view where);

}  // namespace bertforge
