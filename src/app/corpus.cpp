#include "bertforge/app/corpus.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/base/log.h"
#include "bertforge/base/parallel.h"
#include "bertforge/text/word_counter.h"

namespace bertforge {
namespace {

constexpr int kLinesLookedAt = 200;
constexpr std::int64_t kPositions = 512;  // model_max_length of a tokenizer that belongs to no model yet.

bool is_title(std::string_view line) {
  return line.starts_with(" = ") && line.find_last_not_of(" \r") != std::string_view::npos &&
         line.substr(0, line.find_last_not_of(" \r") + 1).ends_with(" =") && !line.starts_with(" = = ");
}

bool looks_like_wikitext(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) fail(ErrorKind::kEnvironment, path, " cannot be read: ", std::strerror(errno));
  std::string line;
  for (int i = 0; i < kLinesLookedAt && std::getline(file, line); ++i) {
    if (is_title(line)) return true;
  }
  return false;
}

void log_coverage(const VocabularyCoverage& coverage, const WordPieceTokenizer& tokenizer) {
  log_info("vocabulary: ", tokenizer.vocabulary_size(), " pieces; ", coverage.num_words, " words are ",
           coverage.num_pieces, " pieces, ", std::to_string(coverage.pieces_per_word()).substr(0, 5), " a word, ",
           coverage.num_unknown_words, " words unknown");
  if (coverage.unknown_rate() > 0.01) {
    log_warning("more than 1 % of the words are unknown: a larger limit_alphabet would keep ",
                coverage.num_dropped_chars, " more characters");
  }
}

// The special tokens are called as the tokenizer calls them, unless the user lists others.
WordPieceTrainerConfig with_names_of(WordPieceTrainerConfig trainer, const TokenizerConfig& tokenizer) {
  if (trainer.special_tokens == WordPieceTrainerConfig().special_tokens) {
    trainer.special_tokens = {tokenizer.pad_token, tokenizer.unknown_token, tokenizer.cls_token, tokenizer.sep_token,
                              tokenizer.mask_token};
  }
  return trainer;
}

// "1 place", "2 places"
std::string counted(std::int64_t count, std::string_view noun) {
  return concat(count, " ", noun, count == 1 ? "" : "s");
}

void require_unknown_token(const WordPieceTrainerConfig& trainer, const TokenizerConfig& tokenizer) {
  const auto& names = trainer.special_tokens;
  if (std::find(names.begin(), names.end(), tokenizer.unknown_token) != names.end()) return;
  fail(ErrorKind::kUsage, "special_tokens lacks ", tokenizer.unknown_token,
       ", the token of unknown words; add it, or name another unknown_token");
}

}  // namespace

std::vector<std::string> corpus_format_names() {
  std::vector<std::string> names = {"auto"};
  for (const CorpusFormat& format : corpus_formats()) names.emplace_back(format.name);
  return names;
}

std::string corpus_format_help() {
  std::string help = "auto: by a look into the files";
  for (const CorpusFormat& format : corpus_formats()) help += concat("; ", format.name, ": ", format.help);
  return help;
}

std::string resolve_corpus_format(const CorpusFiles& corpus) {
  if (corpus.format != "auto") return corpus.format;
  if (corpus.files.empty()) fail(ErrorKind::kUsage, "no text files are named");
  for (const std::string& file : corpus.files) {
    if (file == "-")
      fail(ErrorKind::kUsage, "the format of standard input cannot be guessed; say --format lines or another");
    require_file(file);
  }
  const bool is_wikitext = std::any_of(corpus.files.begin(), corpus.files.end(), looks_like_wikitext);
  const std::string format = is_wikitext ? "wikitext" : "lines";
  log_info("format of ", corpus.files.front(), corpus.files.size() > 1 ? " and the others" : "", ": ", format,
           is_wikitext ? " (a line ` = Title = ` opens a document)"
                       : " (a sentence a line, an empty line after a document)");
  return format;
}

void warn_of_invalid_utf8(const InvalidUtf8& invalid) {
  if (invalid.num_lines == 0) return;
  const std::int64_t num_more = invalid.num_lines - 1;
  log_warning(invalid.first_place, ": bytes that are no UTF-8",
              num_more > 0 ? ", and in " + counted(num_more, "more line") : "", " (",
              counted(invalid.num_replacements, "place"),
              "); each was read as U+FFFD, which clean_text deletes. If the text is in another encoding: "
              "iconv -f latin1 -t UTF-8 FILE");
}

VocabularyCoverage learn_vocabulary(const CorpusFiles& corpus, const WordPieceTrainerConfig& trainer,
                                    const TokenizerConfig& tokenizer, const std::filesystem::path& output,
                                    int num_threads) {
  trainer.validate();
  tokenizer.validate();
  require_unknown_token(with_names_of(trainer, tokenizer), tokenizer);
  const std::string format = resolve_corpus_format(corpus);
  const auto reader = open_corpus(format, corpus.files);
  StagedFolder folder(output);

  log_info("counting words");
  const std::string_view unknown_marker = corpus.keep_unk ? std::string_view() : kWikiTextUnknown;
  const WordCounts words = count_words(*reader, tokenizer, unknown_marker, num_threads);
  log_info("learning ", trainer.vocab_size, " pieces from ", words.size(), " different words");
  std::vector<std::string> pieces = train_wordpiece(words, with_names_of(trainer, tokenizer), tokenizer);
  const WordPieceTokenizer learned(Vocabulary(std::move(pieces), output.string()), tokenizer, output.string());
  const VocabularyCoverage coverage = measure_coverage(words, learned);
  log_coverage(coverage, learned);
  learned.save(folder.path(), kPositions);
  folder.publish();
  warn_of_invalid_utf8(reader->invalid_utf8());
  return coverage;
}

}  // namespace bertforge
