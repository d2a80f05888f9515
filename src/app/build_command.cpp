// bertforge build INPUT... --vocab FILE|DIR --output DIR

#include <iostream>
#include <nlohmann/json.hpp>

#include "bertforge/app/build.h"
#include "bertforge/app/common_options.h"
#include "bertforge/base/error.h"
#include "bertforge/base/log.h"
#include "bertforge/formats/json.h"
#include "bertforge/text/tokenizer_folder.h"
#include "command_functions.h"
#include "static_build.h"

namespace bertforge {

int build_command(const Arguments& arguments) {
  CorpusFiles corpus;
  std::string vocab, output;
  TokenizerOverrides overrides;
  std::int64_t num_threads = 0;
  bool as_json = false;
  BuildOptions options;
  std::string valid_output;

  CommandLine line("build", "Turns text into a dataset: token ids, and where sentences and documents begin.");
  line.arguments("inputs", corpus.files, "Text files; - is standard input");
  line.options().add("--output", output, "The dataset folder to make; with --static, the file");
  line.require("--output");
  add_vocab_option(line, vocab, overrides);
  add_corpus_options(line, corpus);
  add_threads_option(line, num_threads);
  line.options().add("--drop-duplicates", options.drop_duplicates, "Keep only the first of documents that are equal");
  line.options().add("--valid-fraction", options.valid_fraction,
                     "Hold out this share of the documents, chosen by their content", {0.0, 0.9});
  line.options().add("--valid-output", valid_output, "The dataset folder of the held-out documents");
  StaticBuild static_build;
  add_static_options(line, static_build);
  line.excludes("--static", {"--valid-fraction", "--valid-output", "--drop-duplicates"});
  add_json_flag(line, as_json);
  if (!line.parse(arguments)) return 0;

  if ((options.valid_fraction > 0) != !valid_output.empty()) {
    fail(ErrorKind::kUsage, "build: --valid-fraction and --valid-output go together; one of them is missing");
  }
  const auto tokenizer = load_tokenizer(tokenizer_path(vocab), overrides);
  if (overrides.compat == "google") take_google_habits(corpus, static_build);
  if (static_build.is_asked_for) {
    const StaticFigures figures =
        write_static_instances(corpus, *tokenizer, output, static_cast<int>(num_threads), static_build);
    if (as_json) {
      std::cout << dump_ordered_json_line({{"output", output},
                                           {"instances", figures.num_instances},
                                           {"masked_tokens", figures.num_masked},
                                           {"random_next", figures.num_random_next}})
                << '\n';
    }
    return 0;
  }
  options.num_threads = static_cast<int>(num_threads);
  options.valid_folder = valid_output;
  const DatasetMeta meta = build_corpus_dataset(corpus, *tokenizer, output, options);
  if (as_json) std::cout << dump_json_line(parse_json(to_json(meta), output)) << '\n';
  log_info("dataset: ", output, valid_output.empty() ? "" : "; held out: " + valid_output);
  return 0;
}

}  // namespace bertforge
