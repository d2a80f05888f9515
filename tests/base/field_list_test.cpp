#include "bertforge/base/field_list.h"

#include <cmath>

#include "support/error_matchers.h"

namespace bertforge {
namespace {

struct ToyConfig {
  bool fast = false;
  std::int64_t num_layers = 2;
  double learning_rate = 1e-4;
  std::string activation = "gelu";
  std::vector<std::string> inputs = {"a.txt"};
  Duration length = {3, Duration::Unit::kEpochs};
};

void visit_fields(ToyConfig& config, FieldList& list) {
  list.add("fast", config.fast, "Whether to hurry.");
  list.add("num_layers", config.num_layers, "Layers.", {.min = 1});
  list.add("learning_rate", config.learning_rate, "Peak.", {.min = 0, .max = 1});
  list.add("activation", config.activation, "Of the feed-forward part.", {"gelu", "relu"});
  list.add("inputs", config.inputs, "Text files.");
  list.add("length", config.length, "Of the run.");
}

class FieldListTest : public ::testing::Test {
 protected:
  FieldListTest() {
    list.section("toy", [&] { visit_fields(config, list); });
  }
  void set(const char* path, const char* text) { set_field_from_text(*list.find(path), text, "command line"); }

  ToyConfig config;
  FieldList list;
};

TEST_F(FieldListTest, PathsCarryTheirSections) {
  EXPECT_EQ(list.fields().size(), 6u);
  EXPECT_NE(list.find("toy.fast"), nullptr);
  EXPECT_EQ(list.find("fast"), nullptr);
}

TEST_F(FieldListTest, SectionsNest) {
  bool leaf = false;
  FieldList nested;
  nested.section("a", [&] { nested.section("b", [&] { nested.add("leaf", leaf, ""); }); });
  nested.add("top", leaf, "");
  EXPECT_NE(nested.find("a.b.leaf"), nullptr);
  EXPECT_NE(nested.find("top"), nullptr);
}

TEST_F(FieldListTest, ASecondFieldOfTheSameNameIsABugOfOurs) {
  EXPECT_ERROR(list.section("toy", [&] { list.add("fast", config.fast, ""); }), ErrorKind::kInternal, "toy.fast");
}

TEST_F(FieldListTest, TextSetsTheConfigItself) {
  set("toy.fast", "true");
  set("toy.num_layers", "1_2");
  set("toy.learning_rate", "0.5");
  set("toy.activation", "relu");
  set("toy.inputs", "a,b");
  set("toy.length", "2 h");
  EXPECT_TRUE(config.fast);
  EXPECT_EQ(config.num_layers, 12);
  EXPECT_EQ(config.learning_rate, 0.5);
  EXPECT_EQ(config.activation, "relu");
  EXPECT_EQ(config.inputs, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(config.length, (Duration{7200, Duration::Unit::kSeconds}));
}

TEST_F(FieldListTest, AnEmptyTextIsAnEmptyList) {
  set("toy.inputs", "");
  EXPECT_TRUE(config.inputs.empty());
}

TEST_F(FieldListTest, RemembersWhereAValueCameFrom) {
  EXPECT_EQ(list.find("toy.fast")->origin, "default");
  set("toy.fast", "false");
  EXPECT_EQ(list.find("toy.fast")->origin, "command line");
}

TEST_F(FieldListTest, AWholeNumberRefusesFractionsAndWords) {
  EXPECT_ERROR(set("toy.num_layers", "1.5"), ErrorKind::kUsage,
               "command line: toy.num_layers is \"1.5\"; it must be a whole number");
  EXPECT_ERROR(set("toy.num_layers", "abc"), ErrorKind::kUsage, "it must be a whole number");
  EXPECT_ERROR(set("toy.num_layers", ""), ErrorKind::kUsage, "it must be a whole number");
  EXPECT_ERROR(set("toy.num_layers", "99999999999999999999"), ErrorKind::kUsage, "it must be a smaller whole number");
}

TEST_F(FieldListTest, ABooleanIsTrueOrFalse) {
  EXPECT_ERROR(set("toy.fast", "maybe"), ErrorKind::kUsage, "toy.fast is \"maybe\"; it must be true or false");
}

TEST_F(FieldListTest, ANumberOutsideItsBoundsIsRefusedWithThem) {
  EXPECT_ERROR(set_field_from_text(*list.find("toy.learning_rate"), "-1", "configs/x.toml:12"), ErrorKind::kUsage,
               "configs/x.toml:12: toy.learning_rate is -1; it must be between 0 and 1");
  EXPECT_ERROR(set("toy.num_layers", "0"), ErrorKind::kUsage, "toy.num_layers is 0; it must be at least 1");
}

TEST_F(FieldListTest, BoundsThemselvesAreAllowed) {
  EXPECT_NO_THROW(set("toy.learning_rate", "0"));
  EXPECT_NO_THROW(set("toy.learning_rate", "1"));
  EXPECT_NO_THROW(set("toy.num_layers", "9223372036854775807"));
}

TEST(FieldBounds, AnOpenNumberMustStillBeFinite) {
  double value = 0;
  FieldList list;
  list.add("x", value, "");
  EXPECT_ERROR(set_field_from_text(*list.find("x"), "nan", "here"), ErrorKind::kUsage, "it must be a finite number");
  EXPECT_ERROR(set_field_from_text(*list.find("x"), "inf", "here"), ErrorKind::kUsage, "it must be a finite number");
}

TEST_F(FieldListTest, AnUnknownChoiceIsRefusedWithTheKnownOnes) {
  EXPECT_ERROR(set("toy.activation", "gelo"), ErrorKind::kUsage,
               "toy.activation is \"gelo\"; it must be one of gelu, relu; did you mean gelu?");
}

TEST_F(FieldListTest, ABadDurationNamesItsField) {
  EXPECT_ERROR(set("toy.length", "3 weeks"), ErrorKind::kUsage, "command line: toy.length: \"3 weeks\"");
}

TEST_F(FieldListTest, ValuesReadAsToml) {
  EXPECT_EQ(list.find("toy.fast")->value_as_toml(), "false");
  EXPECT_EQ(list.find("toy.num_layers")->value_as_toml(), "2");
  EXPECT_EQ(list.find("toy.learning_rate")->value_as_toml(), "1e-4");
  EXPECT_EQ(list.find("toy.activation")->value_as_toml(), "\"gelu\"");
  EXPECT_EQ(list.find("toy.inputs")->value_as_toml(), "[\"a.txt\"]");
  EXPECT_EQ(list.find("toy.length")->value_as_toml(), "\"3 epochs\"");
}

TEST_F(FieldListTest, AWholeDoubleStillLooksLikeOne) {
  config.learning_rate = 1;
  EXPECT_EQ(list.find("toy.learning_rate")->value_as_toml(), "1.0");
}

TEST_F(FieldListTest, TextIsQuotedAsTomlAsks) {
  config.activation = "a\"b\\c\n\t\x01 ü";
  EXPECT_EQ(list.find("toy.activation")->value_as_toml(), "\"a\\\"b\\\\c\\n\\t\\u0001 ü\"");
}

TEST_F(FieldListTest, TypesHaveNamesForPeople) {
  EXPECT_EQ(list.find("toy.num_layers")->type_name(), "whole number");
  EXPECT_EQ(list.find("toy.length")->type_name(), "duration");
}

TEST_F(FieldListTest, FindsTheNameThatWasMeant) {
  EXPECT_EQ(list.nearest("toy.learning_rat"), "toy.learning_rate");
  EXPECT_EQ(list.nearest("training.learning_rate"), "toy.learning_rate");
  EXPECT_EQ(list.nearest("something.else.entirely"), "");
}

TEST(NearestName, TakesTheSmallestEditDistance) {
  EXPECT_EQ(nearest_name("pretrian", {"build", "pretrain", "embed"}), "pretrain");
  EXPECT_EQ(nearest_name("embed", {"embed", "embeds"}), "embed");
}

TEST(NearestName, SaysNothingWhereNothingIsNear) {
  EXPECT_EQ(nearest_name("xyz", {"build", "pretrain"}), "");
  EXPECT_EQ(nearest_name("ab", {"cd"}), "");
  EXPECT_EQ(nearest_name("ab", {}), "");
  EXPECT_EQ(nearest_name("", {"a"}), "");
}

}  // namespace
}  // namespace bertforge
