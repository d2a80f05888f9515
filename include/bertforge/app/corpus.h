#pragma once
// From the user's text files to a tokenizer: which format they have, and a vocabulary learned from them.
//
// Fed by the commands vocab, build and pretrain; feeds text/.

#include <filesystem>
#include <string>
#include <vector>

#include "bertforge/text/corpus_reader.h"
#include "bertforge/text/tokenizer_config.h"
#include "bertforge/text/vocabulary_trainer.h"

namespace bertforge {

// A corpus as the user names it.
struct CorpusFiles {
  std::vector<std::string> files;  // "-": standard input
  std::string format = "auto";
  CorpusOptions options = {};
  bool keep_unk = false;  // WikiText's `<unk>` is text, not the place of a missing word.
};

// "auto" and the formats of text/corpus_reader.h, with what each is.
std::vector<std::string> corpus_format_names();
std::string corpus_format_help();

// The format's name, where it is "auto" by a look into the files: wikitext where one of the first lines is a title
// (` = Title = `), jsonl where the first is a JSON object, paragraphs where two lines have three sentences or more on average, else
// lines. Error(kUsage): no file, a missing one, JSON objects in some of them only, or "auto" for standard input.
std::string resolve_corpus_format(const CorpusFiles& corpus);

// Names the format in `corpus`, where it is "auto". Error(kUsage) where an option of another format was given.
void settle_format(CorpusFiles& corpus);

// Logs one warning where bytes that are not UTF-8 were read: the first place, how many there are, and what to do.
void warn_of_invalid_utf8(const InvalidUtf8& invalid);

// Learns a vocabulary from the corpus, logs how well it covers it, and writes the tokenizer folder `output`, which
// must not exist or be empty. The folder's bytes do not depend on `num_threads` (0: all of the machine).
LearnedVocabulary learn_vocabulary(const CorpusFiles& corpus, const VocabularyConfig& config,
                                   const TokenizerConfig& tokenizer, const std::filesystem::path& output,
                                   int num_threads);

}  // namespace bertforge
