// bertforge vocab INPUT... --size N --output DIR

#include <iostream>
#include <nlohmann/json.hpp>

#include "bertforge/app/common_options.h"
#include "bertforge/app/corpus.h"
#include "bertforge/base/files.h"
#include "bertforge/base/heap.h"
#include "bertforge/base/log.h"
#include "bertforge/formats/json.h"
#include "bertforge/text/tokenizer_folder.h"
#include "command_functions.h"
#include "vocabulary_figures.h"

namespace bertforge {
namespace {

// Found here, and not when a training is to begin.
void warn_of_missing_special_tokens(const Tokenizer& tokenizer) {
  const std::string missing = missing_special_tokens(tokenizer);
  if (missing.empty()) return;
  log_warning("the vocabulary lacks special tokens: ", missing,
              "; pretrain needs [PAD], [CLS], [SEP] and [MASK] (--special-tokens)");
}

}  // namespace

int vocab_command(const Arguments& arguments) {
  CorpusFiles corpus;
  VocabularyConfig config;
  TokenizerOverrides flags;
  std::string output;
  std::int64_t num_threads = 0;
  bool as_json = false;

  CommandLine line("vocab", "Learns a vocabulary from text and writes it as a tokenizer folder.");
  line.arguments("inputs", corpus.files,
                 "Text files, compressed or not, folders of them, or patterns; - is standard input");
  line.options().add("--output", output, "The tokenizer folder to make");
  line.require("--output");
  FieldList settings;
  visit_fields(config, settings);
  line.options_for(settings, {"algorithm"});
  line.option_for("--size", *settings.find("vocab_size"));
  line.options_for(settings, {"min_frequency", "limit_alphabet", "max_token_length", "initial_alphabet",
                              "special_tokens", "unused", "special_order", "sample", "memory", "model_type",
                              "character_coverage", "max_sentence_length", "input_sentence_size"});
  add_corpus_options(line, corpus);
  add_tokenizer_flags(line, flags);
  add_threads_option(line, num_threads);
  add_json_flag(line, as_json);
  if (!line.parse(arguments)) return 0;
  corpus.files = expand_inputs(corpus.files);
  settle_format(corpus);
  share_one_heap();  // Counting and learning follow one another; speed is the same.

  TokenizerConfig tokenizer;
  flags.apply_to(tokenizer);
  const LearnedVocabulary learned = learn_vocabulary(corpus, config, tokenizer, output, static_cast<int>(num_threads));
  warn_of_missing_special_tokens(*learned.tokenizer);
  if (as_json) {
    Figures figures = {{"folder", output}, {"algorithm", config.algorithm}, {"why_smaller", learned.why_smaller}};
    figures.update(contents_figures(vocabulary_contents(*learned.tokenizer)));
    figures.update(coverage_figures(learned.coverage));
    std::cout << dump_json_line(figures) << '\n';
  }
  log_info("tokenizer folder: ", output);
  return 0;
}

}  // namespace bertforge
