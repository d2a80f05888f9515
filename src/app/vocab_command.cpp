// bertforge vocab INPUT... --size N --output DIR

#include "bertforge/app/command_line.h"
#include "bertforge/app/corpus.h"
#include "bertforge/base/log.h"
#include "command_functions.h"

namespace bertforge {

int vocab_command(const Arguments& arguments) {
  CorpusFiles corpus;
  WordPieceTrainerConfig trainer;
  TokenizerOverrides flags;
  std::string output;
  int num_threads = 0;

  CLI::App line("Learns a WordPiece vocabulary from text and writes it as a tokenizer folder.", "bertforge vocab");
  line.add_option("inputs", corpus.files, "Text files; - is standard input")->required();
  line.add_option("--output", output, "The tokenizer folder to make")->required();
  line.add_option("--size", trainer.vocab_size, "Pieces, special tokens and single characters included")
      ->capture_default_str();
  line.add_option("--min-frequency", trainer.min_frequency, "Pairs of pieces that occur less often are not joined")
      ->capture_default_str();
  line.add_option("--limit-alphabet", trainer.limit_alphabet,
                  "Characters kept, the most frequent; words with others are left out")
      ->capture_default_str();
  line.add_option("--max-token-length", trainer.max_token_length, "Longest piece, in characters; 0 for any")
      ->capture_default_str();
  add_corpus_options(line, corpus.format, corpus.keep_unk);
  add_tokenizer_flags(line, flags);
  add_threads_option(line, num_threads);
  if (!parse_command_line(line, arguments)) return 0;

  TokenizerConfig tokenizer;
  flags.apply_to(tokenizer);
  learn_vocabulary(corpus, trainer, tokenizer, output, num_threads);
  log_info("tokenizer folder: ", output);
  return 0;
}

}  // namespace bertforge
