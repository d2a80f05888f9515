// bertforge build INPUT... --vocab FILE|DIR --output DIR

#include <iostream>
#include <nlohmann/json.hpp>

#include "bertforge/app/build.h"
#include "bertforge/app/common_options.h"
#include "bertforge/base/log.h"
#include "bertforge/formats/json.h"
#include "bertforge/text/tokenizer_folder.h"
#include "command_functions.h"

namespace bertforge {

int build_command(const Arguments& arguments) {
  CorpusFiles corpus;
  std::string vocab, output;
  TokenizerOverrides overrides;
  std::int64_t num_threads = 0;
  bool as_json = false;

  CommandLine line("build", "Turns text into a dataset: token ids, and where sentences and documents begin.");
  line.arguments("inputs", corpus.files, "Text files; - is standard input");
  line.options().add("--output", output, "The dataset folder to make");
  line.require("--output");
  add_vocab_option(line, vocab, overrides);
  add_corpus_options(line, corpus.format, corpus.keep_unk);
  add_threads_option(line, num_threads);
  add_json_flag(line, as_json);
  if (!line.parse(arguments)) return 0;

  const auto tokenizer = load_tokenizer(tokenizer_path(vocab), overrides);
  const DatasetMeta meta = build_corpus_dataset(corpus, *tokenizer, output, static_cast<int>(num_threads));
  if (as_json) std::cout << dump_json_line(parse_json(to_json(meta), output)) << '\n';
  log_info("dataset: ", output);
  return 0;
}

}  // namespace bertforge
