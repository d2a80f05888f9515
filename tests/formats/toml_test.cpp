#include "bertforge/formats/toml.h"

#include <limits>

#include "support/error_matchers.h"
#include "support/temp_dir.h"

namespace bertforge {
namespace {

using ::testing::HasSubstr;
using testing::TempDir;

struct ToyConfig {
  std::string name = "toy";
  bool fast = false;
  std::int64_t num_layers = 2;
  double learning_rate = 1e-4;
  std::string activation = "gelu";
  std::vector<std::string> inputs = {"a.txt"};
  Duration length = {3, Duration::Unit::kEpochs};
  double dropout = 0.1;

  bool operator==(const ToyConfig&) const = default;
};

FieldList fields_of(ToyConfig& config) {
  FieldList list;
  list.section("train", [&] {
    list.add("fast", config.fast, "Whether to hurry.");
    list.add("learning_rate", config.learning_rate, "Peak of the schedule.", {.min = 0, .max = 1});
    list.add("length", config.length, "Of the run.");
  });
  list.add("name", config.name, "Of the run.");
  list.section("model", [&] {
    list.add("num_layers", config.num_layers, "Layers.", {.min = 1});
    list.add("activation", config.activation, "Of the feed-forward part.", {"gelu", "relu"});
    list.section("embeddings", [&] { list.add("dropout", config.dropout, "Share."); });
  });
  list.section("data", [&] { list.add("inputs", config.inputs, "Text files."); });
  return list;
}

class TomlTest : public ::testing::Test {
 protected:
  void read(const std::string& text) { read_toml_file(folder.write("x.toml", text), fields); }

  TempDir folder;
  ToyConfig config;
  FieldList fields = fields_of(config);
};

TEST_F(TomlTest, SetsWhatTheFileNamesAndLeavesTheRest) {
  read("name = \"mine\"\n[train]\nfast = true\nlearning_rate = 0.5\n[model]\nembeddings.dropout = 0.2\n");
  ToyConfig expected;
  expected.name = "mine";
  expected.fast = true;
  expected.learning_rate = 0.5;
  expected.dropout = 0.2;
  EXPECT_EQ(config, expected);
}

TEST_F(TomlTest, SetsListsAndDurations) {
  read("data.inputs = [\"a,b\", \"c\"]\ntrain.length = \"40 Mtok\"\n");
  EXPECT_EQ(config.inputs, (std::vector<std::string>{"a,b", "c"}));
  EXPECT_EQ(config.length, (Duration{4e7, Duration::Unit::kTokens}));
}

TEST_F(TomlTest, ADurationMayBeANumberOfSteps) {
  read("[train]\nlength = 2_000\n");
  EXPECT_EQ(config.length, Duration::steps(2000));
}

TEST_F(TomlTest, ADecimalNumberMayBeWrittenWhole) {
  read("[train]\nlearning_rate = 1\n");
  EXPECT_EQ(config.learning_rate, 1.0);
}

TEST_F(TomlTest, RemembersFileAndLine) {
  read("\n[train]\n\nfast = true\n");
  EXPECT_EQ(fields.find("train.fast")->origin, (folder / "x.toml").string() + ":4");
  EXPECT_EQ(fields.find("train.length")->origin, "default");
}

TEST_F(TomlTest, ALaterFileWins) {
  read("[train]\nlearning_rate = 0.5\nfast = true\n");
  read("[train]\nlearning_rate = 0.25\n");
  EXPECT_EQ(config.learning_rate, 0.25);
  EXPECT_TRUE(config.fast);
}

TEST_F(TomlTest, AnUnknownKeyIsAnErrorThatNamesTheNearest) {
  EXPECT_ERROR(read("[train]\nlearning_rat = 1\n"), ErrorKind::kUsage,
               "x.toml:2: unknown key train.learning_rat; did you mean train.learning_rate?");
}

TEST_F(TomlTest, AKeyOfAnotherSectionIsFoundByItsName) {
  EXPECT_ERROR(read("num_layers = 3\n"), ErrorKind::kUsage,
               "x.toml:1: unknown key num_layers; did you mean model.num_layers?");
}

TEST_F(TomlTest, AnUnknownKeyLikeNoOtherGetsNoAdvice) {
  EXPECT_ERROR(read("[zebra]\nstripes = 3\n"), ErrorKind::kUsage, "x.toml:2: unknown key zebra.stripes");
}

TEST_F(TomlTest, AnEmptySectionOfNoMeaningIsAnError) {
  EXPECT_ERROR(read("[zebra]\n"), ErrorKind::kUsage, "x.toml:1: unknown key zebra");
  EXPECT_NO_THROW(read("[train]\n"));
}

TEST_F(TomlTest, TheFirstFaultFromTheTopIsReported) {
  EXPECT_ERROR(read("[zebra]\nb = 1\n[ant]\na = 1\n"), ErrorKind::kUsage, "unknown key zebra.b");
}

TEST_F(TomlTest, AWrongTypeSaysWhatWasFoundAndWhatWouldBeRight) {
  EXPECT_ERROR(read("[train]\nlearning_rate = \"fast\"\n"), ErrorKind::kUsage,
               "x.toml:2: train.learning_rate is the text \"fast\"; it must be a number");
  EXPECT_ERROR(read("[train]\nfast = 1\n"), ErrorKind::kUsage,
               "train.fast is the whole number 1; it must be true or false");
  EXPECT_ERROR(read("[model]\nnum_layers = 1.5\n"), ErrorKind::kUsage,
               "model.num_layers is the number 1.5; it must be a whole number");
  EXPECT_ERROR(read("name = [1]\n"), ErrorKind::kUsage, "name is a list; it must be a text");
  EXPECT_ERROR(read("[name]\nx = 1\n"), ErrorKind::kUsage, "name is a section; it must be a text");
  EXPECT_ERROR(read("train = 3\n"), ErrorKind::kUsage, "unknown key train");
  EXPECT_ERROR(read("[data]\ninputs = \"a\"\n"), ErrorKind::kUsage, "it must be a list of texts");
  EXPECT_ERROR(read("[data]\ninputs = [\"a\", 1]\n"), ErrorKind::kUsage,
               "data.inputs is the whole number 1; it must be a list of texts");
  EXPECT_ERROR(read("[train]\nlength = 1.5\n"), ErrorKind::kUsage, "it must be a duration");
  EXPECT_ERROR(read("name = 2020-01-01\n"), ErrorKind::kUsage, "name is a date or time; it must be a text");
}

TEST_F(TomlTest, ValuesOutsideBoundsNameTheLine) {
  EXPECT_ERROR(read("[train]\n\nlearning_rate = -1\n"), ErrorKind::kUsage,
               "x.toml:3: train.learning_rate is -1; it must be between 0 and 1");
  EXPECT_ERROR(read("[train]\nlearning_rate = nan\n"), ErrorKind::kUsage, "it must be between 0 and 1");
  EXPECT_ERROR(read("[model]\nactivation = \"gelo\"\n"), ErrorKind::kUsage, "did you mean gelu?");
  EXPECT_ERROR(read("[train]\nlength = \"3 weeks\"\n"), ErrorKind::kUsage, "x.toml:2: train.length: \"3 weeks\"");
  EXPECT_ERROR(read("[train]\nlength = -3\n"), ErrorKind::kUsage, "it is negative");
}

TEST_F(TomlTest, WhatIsNoTomlNamesLineAndColumn) {
  EXPECT_ERROR(read("[train]\nfast = maybe\n"), ErrorKind::kUsage, "x.toml:2:");
  EXPECT_ERROR(read("[train]\nfast = true\nfast = false\n"), ErrorKind::kUsage, "x.toml:3:");
  EXPECT_ERROR(read("name = \"\xff\"\n"), ErrorKind::kUsage, "x.toml:1:");
}

TEST_F(TomlTest, AMissingFileIsAUsageError) {
  EXPECT_ERROR(read_toml_file(folder / "none.toml", fields), ErrorKind::kUsage, "none.toml: there is no such file");
}

TEST_F(TomlTest, TheDumpHasSectionsInOrderAndLooseFieldsFirst) {
  EXPECT_EQ(dump_toml(fields, false),
            "name = \"toy\"\n"
            "\n[train]\nfast = false\nlearning_rate = 1e-4\nlength = \"3 epochs\"\n"
            "\n[model]\nnum_layers = 2\nactivation = \"gelu\"\n"
            "\n[model.embeddings]\ndropout = 0.1\n"
            "\n[data]\ninputs = [\"a.txt\"]\n");
}

TEST_F(TomlTest, HelpStandsAboveEachField) {
  const std::string text = dump_toml(fields, true);
  EXPECT_THAT(text, HasSubstr("# Peak of the schedule. Between 0 and 1.\nlearning_rate = 1e-4\n"));
  EXPECT_THAT(text, HasSubstr("# Layers. At least 1.\nnum_layers = 2\n"));
  EXPECT_THAT(text, HasSubstr("# Of the feed-forward part. One of gelu, relu.\nactivation = \"gelu\"\n"));
}

TEST_F(TomlTest, HelpSaysWhereAValueCameFrom) {
  set_field_from_text(*fields.find("train.fast"), "true", "command line");
  EXPECT_THAT(dump_toml(fields, true), HasSubstr("# Whether to hurry. (From command line.)\nfast = true\n"));
}

TEST_F(TomlTest, TheDumpReadsBackAsTheSameValues) {
  config = {.name = "\"q\" \\ \n\t\x01\x7f üß # no comment",
            .fast = true,
            .num_layers = std::numeric_limits<std::int64_t>::max(),
            .learning_rate = 1.0 / 3,
            .inputs = {"a,b", "", "\"", "]"},
            .length = {0.1, Duration::Unit::kSeconds},
            .dropout = 1e-300};
  for (const bool with_help : {false, true}) {
    ToyConfig back;
    FieldList back_fields = fields_of(back);
    read_toml_file(folder.write("dump.toml", dump_toml(fields, with_help)), back_fields);
    EXPECT_EQ(back, config);
  }
}

TEST_F(TomlTest, WholeAndHugeDoublesReadBackToo) {
  for (const double value : {0.0, -0.0, 1.0, 100000.0, 1e15, 1e22, 1.7976931348623157e308, 5e-324}) {
    config.dropout = value;
    const std::string text = dump_toml(fields, false);
    config.dropout = 7;
    read(text);
    EXPECT_EQ(config.dropout, value) << text;
  }
}

}  // namespace
}  // namespace bertforge
