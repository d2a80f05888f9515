#include "bertforge/app/command_line.h"

#include "support/error_matchers.h"

namespace bertforge {
namespace {

struct ToyOptions {
  std::string input, output = "-";
  std::vector<std::string> files;
  std::int64_t top = 5;
  double share = 0.5;
  std::string pool = "mean";
  bool fast = false;
  std::optional<bool> lowercase;
  std::optional<std::string> prefix;
  std::vector<Override> overrides;
};

// The options after reading `arguments`; `line` is what the test looks at where they are refused.
struct Toy {
  ToyOptions options;
  CommandLine line{"toy", "Plays."};

  Toy() {
    line.argument("input", options.input, "What to read");
    line.optional_argument("output", options.output, "Where to write");
    line.options().add("--top", options.top, "How many", {.min = 1, .max = 9});
    line.options().add("--share", options.share, "Of them", {.min = 0, .max = 1});
    line.options().add("--pool", options.pool, "How", {"mean", "cls"});
    line.options().add("--fast", options.fast, "Hurry");
    line.repeatable("--file", options.files, "More of it");
    line.toggle("lowercase", options.lowercase, "Make it small");
    line.optional("--prefix", options.prefix, "What is in front", "##");
    line.shorthand("--seed", "train.seed", options.overrides);
  }
};

ToyOptions read(const Arguments& arguments) {
  Toy toy;
  toy.line.parse(arguments);
  return toy.options;
}

TEST(CommandLine, ArgumentsAndOptionsComeInAnyOrder) {
  const ToyOptions options = read({"--top", "3", "in", "--fast", "out", "--share=0.25", "--pool", "cls"});
  EXPECT_EQ(options.input, "in");
  EXPECT_EQ(options.output, "out");
  EXPECT_EQ(options.top, 3);
  EXPECT_EQ(options.share, 0.25);
  EXPECT_EQ(options.pool, "cls");
  EXPECT_TRUE(options.fast);
}

TEST(CommandLine, WhatIsNotSaidKeepsItsDefault) {
  const ToyOptions options = read({"in"});
  EXPECT_EQ(options.output, "-");
  EXPECT_EQ(options.top, 5);
  EXPECT_EQ(options.lowercase, std::nullopt);
  EXPECT_EQ(options.prefix, std::nullopt);
  EXPECT_TRUE(options.overrides.empty());
}

TEST(CommandLine, SwitchesOptionalsListsAndShorthandsAreKept) {
  const ToyOptions options =
      read({"in", "--no-lowercase", "--prefix", "_", "--file", "a", "b", "--file", "c", "--seed", "7"});
  EXPECT_EQ(options.lowercase, false);
  EXPECT_EQ(options.prefix, "_");
  EXPECT_EQ(options.files, (std::vector<std::string>{"a", "b", "c"}));
  ASSERT_EQ(options.overrides.size(), 1u);
  EXPECT_EQ(options.overrides[0].path, "train.seed");
  EXPECT_EQ(options.overrides[0].value, "7");
}

TEST(CommandLine, AValueMayBeginWithAMinus) { EXPECT_EQ(read({"in", "--prefix", "-4,-3"}).prefix, "-4,-3"); }

TEST(CommandLine, ValuesThatDoNotFitAreRefusedInOneLineThatNamesTheOption) {
  const auto refuses = [](const Arguments& arguments, const char* message) {
    EXPECT_ERROR(read(arguments), ErrorKind::kUsage, message);
  };
  refuses({"in", "--top", "0"}, "toy: --top is 0; it must be between 1 and 9");
  refuses({"in", "--top", "two"}, "toy: --top is \"two\"; it must be a whole number");
  refuses({"in", "--top", "1.5"}, "--top is \"1.5\"; it must be a whole number");
  refuses({"in", "--share", "nan"}, "--share is nan; it must be between 0 and 1");
  refuses({"in", "--pool", "meen"}, "--pool is \"meen\"; it must be one of mean, cls; did you mean mean?");
}

TEST(CommandLine, WhatIsMissingOrTooMuchIsNamed) {
  const auto refuses = [](const Arguments& arguments, const char* message) {
    EXPECT_ERROR(read(arguments), ErrorKind::kUsage, message);
  };
  refuses({}, "toy: input is required: What to read");
  refuses({"in", "out", "third"}, "\"third\" is one argument too many; see bertforge toy --help");
  refuses({"in", "--tpo", "3"}, "unknown option --tpo; did you mean --top?");
  refuses({"in", "--no-lowercas"}, "unknown option --no-lowercas; did you mean --no-lowercase?");
  refuses({"in", "--top"}, "toy: --top has no value; one is expected");
  refuses({"in", "--top", "1", "--top", "2"}, "toy: --top is given more than once; one is expected");
}

TEST(CommandLine, KnowsWhatWasSaidBeItTheDefault) {
  Toy toy;
  toy.line.parse({"in", "--top", "5", "--fast", "--no-lowercase", "--file", "a", "--prefix", "##"});
  for (const char* option : {"--top", "--fast", "--lowercase", "--file", "--prefix"}) {
    EXPECT_TRUE(toy.line.is_given(option)) << option;
  }
  for (const char* option : {"--share", "--pool", "--seed", "--quiet"}) {
    EXPECT_FALSE(toy.line.is_given(option)) << option;
  }
}

TEST(CommandLine, ARequiredOptionIsRequired) {
  std::string output;
  CommandLine line("toy", "Plays.");
  line.options().add("--output", output, "Where to");
  line.require("--output");
  EXPECT_ERROR(line.parse({}), ErrorKind::kUsage, "toy: --output is required: Where to");
}

TEST(CommandLine, AnOptionForAFieldHasItsBounds) {
  std::int64_t size = 4;
  FieldList fields;
  fields.add("vocab_size", size, "Pieces", {.min = 1});
  CommandLine line("toy", "Plays.");
  line.option_for("--size", *fields.find("vocab_size"));
  line.parse({"--size", "7"});
  EXPECT_EQ(size, 7);
  CommandLine other("toy", "Plays.");
  other.option_for("--size", *fields.find("vocab_size"));
  EXPECT_ERROR(other.parse({"--size", "0"}), ErrorKind::kUsage, "--size is 0; it must be at least 1");
}

TEST(CommandLine, HelpVersionAndTheListOfOptionsNeedNothingElse) {
  for (const char* request : {"--help", "--version", "--list-options"}) {
    Toy toy;
    ::testing::internal::CaptureStdout();
    EXPECT_FALSE(toy.line.parse({request}));
    EXPECT_NE(::testing::internal::GetCapturedStdout(), "");
  }
}

TEST(CommandLine, TheListOfOptionsHasNamesValuesAndHelp) {
  Toy toy;
  ::testing::internal::CaptureStdout();
  toy.line.parse({"--list-options"});
  const std::string list = ::testing::internal::GetCapturedStdout();
  for (const char* row : {"--top\t\tHow many\n", "--pool\tmean cls\tHow\n", "--fast\t-\tHurry\n", "--no-lowercase\t-\t",
                          "--file\t\t", "--log-level\tdebug info"}) {
    EXPECT_THAT(list, ::testing::HasSubstr(row));
  }
}

TEST(CommandLine, AnOptionMayNeedOneOfSomeOthersOrNoneOfThem) {
  const auto parse = [](const Arguments& arguments) {
    Toy toy;
    toy.line.needs("--pool", {"--top", "--share"});
    toy.line.excludes("--fast", {"--file", "--share"});
    toy.line.parse(arguments);
  };
  EXPECT_NO_THROW(parse({"in", "--pool", "cls", "--top", "3"}));
  EXPECT_NO_THROW(parse({"in", "--pool", "cls", "--share", "1"}));
  EXPECT_NO_THROW(parse({"in", "--fast", "--top", "3"}));
  EXPECT_ERROR(parse({"in", "--pool", "cls"}), ErrorKind::kUsage, "toy: --pool has no effect without --top or --share");
  EXPECT_ERROR(parse({"in", "--fast", "--share", "1"}), ErrorKind::kUsage, "toy: --share has no effect with --fast");
}

}  // namespace
}  // namespace bertforge
