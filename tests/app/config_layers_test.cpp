#include "bertforge/app/config_layers.h"

#include "support/error_matchers.h"
#include "support/temp_dir.h"

namespace bertforge {
namespace {

struct Settings {
  std::int64_t size = 1;
  bool keep = false;
  std::vector<std::string> files;
  FieldList fields;

  Settings() {
    fields.section("a", [this] {
      fields.add("size", size, "A size.", {0, 99});
      fields.add("keep", keep, "A switch.");
      fields.add("files", files, "A list.");
    });
  }
};

TEST(TakeOverrides, FindsBothSpellingsAndLeavesOtherArguments) {
  Arguments arguments = {"--config", "x.toml", "--a.size", "3", "--quiet", "--a.files=u,v=w", "--a.keep"};
  const auto overrides = take_overrides(arguments);
  EXPECT_EQ(arguments, (Arguments{"--config", "x.toml", "--quiet"}));
  ASSERT_EQ(overrides.size(), 3u);
  EXPECT_EQ(overrides[0].value, "3");
  EXPECT_EQ(overrides[1].value, "u,v=w");
  EXPECT_FALSE(overrides[2].has_value);
}

TEST(TakeOverrides, TakesNegativeNumbersAsValues) {
  Arguments arguments = {"--a.size", "-3"};
  EXPECT_EQ(take_overrides(arguments)[0].value, "-3");
}

TEST(RefuseValuesBehindLists, NamesTheListThatWasMeant) {
  Settings settings;
  EXPECT_ERROR(refuse_values_behind_lists({"--config", "x.toml", "--a.files", "u", "v", "w"}, settings.fields),
               ErrorKind::kUsage, "--a.files takes one list, and \"v\" stands behind it; write --a.files u,v,");
  refuse_values_behind_lists(
      {"--a.files", "u", "--a.size", "3", "v", "--config", "x.toml", "y.toml", "--a.files=u", "v"}, settings.fields);
}

TEST(ApplyLayers, LaterFilesWinAndTheCommandLineWinsOverAll) {
  const testing::TempDir folder;
  const std::string first = folder.write("1.toml", "[a]\nsize = 2\nkeep = true\nfiles = [\"x\"]\n").string();
  const std::string second = folder.write("2.toml", "[a]\nsize = 3\nfiles = [\"y\"]\n").string();
  Settings settings;
  apply_layers({first, second}, {{"a.size", "4"}}, settings.fields);
  EXPECT_EQ(settings.size, 4);
  EXPECT_TRUE(settings.keep);
  EXPECT_EQ(settings.files, std::vector<std::string>{"y"});
  EXPECT_EQ(settings.fields.find("a.size")->origin, "command line");
  EXPECT_EQ(settings.fields.find("a.keep")->origin, first + ":3");
}

TEST(ApplyLayers, ASwitchWithoutValueIsTrueAndANumberWithoutValueIsRefused) {
  Settings settings;
  apply_layers({}, {{"a.keep", "", false}}, settings.fields);
  EXPECT_TRUE(settings.keep);
  EXPECT_ERROR(apply_layers({}, {{"a.size", "", false}}, settings.fields), ErrorKind::kUsage, "--a.size has no value");
}

TEST(ApplyLayers, UnknownOptionsNameTheNearest) {
  Settings settings;
  EXPECT_ERROR(apply_layers({}, {{"a.sise", "3"}}, settings.fields), ErrorKind::kUsage, "did you mean --a.size?");
}

}  // namespace
}  // namespace bertforge
