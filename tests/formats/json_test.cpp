#include "bertforge/formats/json.h"

#include <nlohmann/json.hpp>

#include "support/error_matchers.h"
#include "support/temp_dir.h"

namespace bertforge {
namespace {

using nlohmann::json;
using testing::TempDir;

TEST(ReadJsonFile, GivesTheValue) {
  const TempDir folder;
  EXPECT_EQ(read_json_file(folder.write("a.json", "{\"x\": [1, 2]}")), (json{{"x", {1, 2}}}));
}

TEST(ReadJsonFile, NamesFileLineColumnAndReason) {
  const TempDir folder;
  const auto path = folder.write("a.json", "{\n  \"x\": tru\n}");
  EXPECT_ERROR(read_json_file(path), ErrorKind::kInput, "a.json: line 2, column 11: no JSON: syntax error");
}

TEST(ReadJsonFile, AMissingFileIsAUsageError) {
  EXPECT_ERROR(read_json_file("/nowhere.json"), ErrorKind::kUsage, "there is no such file");
}

TEST(ParseJson, RefusesWhatIsNoJson) {
  for (const char* text : {"", "{", "[1,]", "{} {}", "\"\xff\"", "nul", "1e999", "{'a': 1}", "[1, // no\n2]"}) {
    EXPECT_ERROR(parse_json(text, "corpus.jsonl:7"), ErrorKind::kInput, "corpus.jsonl:7: ");
  }
}

TEST(DumpJsonLine, IsOneLineAndKeepsLetters) { EXPECT_EQ(dump_json_line({{"text", "ü\n"}}), "{\"text\":\"ü\\n\"}"); }

TEST(DumpJsonLine, ReplacesBytesThatAreNoUtf8) { EXPECT_EQ(dump_json_line("\xff"), "\"\xef\xbf\xbd\""); }

TEST(JsonAccess, GivesTypedMembers) {
  const json object = {{"i", -3}, {"d", 0.5}, {"b", true}, {"s", "x"}, {"l", {"a", "b"}}};
  EXPECT_EQ(get_int(object, "i", "here"), -3);
  EXPECT_EQ(get_double(object, "d", "here"), 0.5);
  EXPECT_EQ(get_double(object, "i", "here"), -3.0);
  EXPECT_TRUE(get_bool(object, "b", "here"));
  EXPECT_EQ(get_string(object, "s", "here"), "x");
  EXPECT_EQ(get_strings(object, "l", "here"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(get_member(object, "l", "here").size(), 2u);
}

TEST(JsonAccess, SaysWhichKeyIsMissing) {
  EXPECT_ERROR(get_int(json::object(), "hidden_size", "config.json"), ErrorKind::kInput,
               "config.json: there is no \"hidden_size\"");
}

TEST(JsonAccess, SaysWhatWasFoundAndWhatWouldBeRight) {
  const json object = {{"x", "768"}, {"f", 1.5}, {"l", {1, 2}}, {"n", nullptr}, {"big", 0xffffffffffffffffu}};
  EXPECT_ERROR(get_int(object, "x", "config.json"), ErrorKind::kInput,
               "config.json: \"x\" is \"768\"; it must be a whole number");
  EXPECT_ERROR(get_int(object, "f", "w"), ErrorKind::kInput, "\"f\" is 1.5; it must be a whole number");
  EXPECT_ERROR(get_int(object, "big", "w"), ErrorKind::kInput, "it must be a whole number");
  EXPECT_ERROR(get_double(object, "l", "w"), ErrorKind::kInput, "\"l\" is of type array; it must be a number");
  EXPECT_ERROR(get_bool(object, "f", "w"), ErrorKind::kInput, "it must be true or false");
  EXPECT_ERROR(get_string(object, "n", "w"), ErrorKind::kInput, "\"n\" is null; it must be a text");
  EXPECT_ERROR(get_strings(object, "l", "w"), ErrorKind::kInput, "it must be a list of texts");
}

TEST(JsonAccess, FallbacksStandInForMissingAndNull) {
  const json object = {{"n", nullptr}, {"i", 3}};
  EXPECT_EQ(get_int(object, "n", "w", 7), 7);
  EXPECT_EQ(get_int(object, "i", "w", 7), 3);
  EXPECT_EQ(get_double(object, "none", "w", 0.1), 0.1);
  EXPECT_TRUE(get_bool(object, "none", "w", true));
  EXPECT_EQ(get_string(object, "none", "w", "gelu"), "gelu");
}

TEST(JsonAccess, AFallbackDoesNotHideAWrongType) {
  EXPECT_ERROR(get_int({{"i", "3"}}, "i", "w", 7), ErrorKind::kInput, "it must be a whole number");
}

TEST(JsonAccess, RefusesWhatIsNoObject) {
  EXPECT_ERROR(get_int(json::array(), "x", "w"), ErrorKind::kInput,
               "w: the value is of type array; it must be an object");
  EXPECT_ERROR(get_int(json(3), "x", "w", 7), ErrorKind::kInput, "w: the value is 3; it must be an object");
}

TEST(Json, SaysWhatIsWrongWithALargeTextInOneShortLine) {
  const auto reason_of = [](const std::string& text) {
    try {
      parse_json(text, "a.jsonl:7");
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  const std::string large(100'000, 'x');
  for (const std::string& text : {"{\"a\": \"" + large, "{\"a\": \"" + large + "\\ud800\"}", "{\"" + large + "\xff"}) {
    const std::string reason = reason_of(text);
    EXPECT_LT(reason.size(), 300u) << reason;
    EXPECT_EQ(reason.find("a.jsonl:7: line 1, column"), 0u);
    EXPECT_EQ(reason.find('\xff'), std::string::npos);
  }
  EXPECT_EQ(reason_of("{\"a\x1b[2J").find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace bertforge
