#include "bertforge/app/corpus.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/base/log.h"
#include "bertforge/base/numbers.h"
#include "bertforge/base/stop_signal.h"
#include "bertforge/text/line_blocks.h"
#include "bertforge/text/sentence_splitter.h"
#include "bertforge/text/unicode.h"

namespace bertforge {
namespace {

constexpr int kLinesLookedAt = 200;
constexpr std::size_t kBytesAtATime = std::size_t{1} << 20;  // Of text to learn from, whose documents mean nothing.
constexpr std::int64_t kPositions = 512;  // model_max_length of a tokenizer that belongs to no model yet.

bool is_title(std::string_view line) {
  return line.starts_with(" = ") && line.find_last_not_of(" \r") != std::string_view::npos &&
         line.substr(0, line.find_last_not_of(" \r") + 1).ends_with(" =") && !line.starts_with(" = = ");
}

// The first lines of a file that are not blank.
std::vector<std::string> first_lines(const std::string& path) {
  constexpr std::size_t kMostBytes = std::size_t{1} << 20;
  LineBlockReader reader(path, {.block_bytes = std::size_t{1} << 16});
  std::vector<std::string> lines;
  std::size_t num_bytes = 0;
  for (LineBlock block; std::ssize(lines) < kLinesLookedAt && num_bytes < kMostBytes && reader.next(block);) {
    num_bytes += block.bytes.size();
    block.for_each_part([&](const LinePart& line) {
      if (std::ssize(lines) < kLinesLookedAt && !is_blank(line.text)) lines.emplace_back(line.text);
    });
  }
  return lines;
}

// What begins as one is one, damaged or not: the reader says what is wrong with it.
bool is_json_object(const std::string& line) {
  return line.starts_with("{\"") || (line.starts_with("{") && nlohmann::json::accept(line));
}

bool has_several_sentences_a_line(const std::vector<std::string>& lines) {
  SentenceSplitter splitter;
  std::vector<std::string> sentences;
  for (const std::string& line : lines) splitter.split(line, sentences);
  return 2 * sentences.size() >= 3 * lines.size() && !lines.empty();
}

std::string look_at(const std::vector<std::string>& files) {
  std::vector<std::string> all;
  bool has_titles = false;
  std::string json_file, other_file;
  for (const std::string& file : files) {
    const std::vector<std::string> lines = first_lines(file);
    if (lines.empty()) continue;
    (is_json_object(lines.front()) ? json_file : other_file) = file;
    if (!json_file.empty() && !other_file.empty()) {
      fail(ErrorKind::kUsage, json_file, " looks like jsonl and ", other_file,
           " does not; files of one format are expected, or --format names it");
    }
    has_titles = has_titles || std::ranges::any_of(lines, is_title);
    if (std::ssize(all) < kLinesLookedAt) all.insert(all.end(), lines.begin(), lines.end());
  }
  if (has_titles) return "wikitext";
  if (!json_file.empty()) return "jsonl";
  return has_several_sentences_a_line(all) ? "paragraphs" : "lines";
}

std::string percent(double share) { return number_text(std::round(share * 10000) / 100) + " %"; }

void log_coverage(const LearnedVocabulary& learned) {
  const VocabularyCoverage& coverage = learned.coverage;
  const VocabularyContents contents = vocabulary_contents(*learned.tokenizer);
  log_info("vocabulary: ", contents.num_pieces, " pieces, ", contents.num_single_char, " of one character",
           contents.longest.empty() ? "" : "; the longest: " + contents.longest.front());
  if (!learned.why_smaller.empty()) log_info("fewer pieces than asked for: ", learned.why_smaller);
  log_info("the text in it: ", coverage.num_words, " words, ", std::to_string(coverage.pieces_per_word()).substr(0, 5),
           " pieces a word, ", percent(coverage.unknown_rate()), " of the words unknown, ", coverage.num_dropped_chars,
           " characters dropped, ", percent(coverage.single_char_rate()), " of the pieces of one character, ",
           coverage.num_unused_pieces, " pieces never used");
  if (coverage.unknown_rate() <= 0.01) return;
  if (coverage.num_dropped_chars > 0) {
    log_warning(
        "more than 1 % of the words are unknown: a larger limit_alphabet (sentencepiece: character_coverage) would "
        "keep more characters, up to ",
        coverage.num_dropped_chars);
  } else {
    log_warning(
        "more than 1 % of the words are unknown, though all of their characters are pieces: they are longer than ",
        "max_word_chars, or have a character where no piece holds it");
  }
}

// "1 place", "2 places"
std::string counted(std::int64_t count, std::string_view noun) {
  return concat(count, " ", noun, count == 1 ? "" : "s");
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
    // A pipe can be read only once.
    if (!file_exists(file))
      fail(ErrorKind::kUsage, "the format of ", file,
           " cannot be guessed, because it is no file on disk; say --format lines or another");
  }
  const std::string format = look_at(corpus.files);
  const auto entry = std::ranges::find(corpus_formats(), format, &CorpusFormat::name);
  log_info("format of ", corpus.files.front(), corpus.files.size() > 1 ? " and the others" : "", ": ", format, " (",
           entry->help, ")");
  return format;
}

void settle_format(CorpusFiles& corpus) {
  corpus.format = resolve_corpus_format(corpus);
  if (corpus.options.undo_joins && corpus.format != "wikitext") {
    fail(ErrorKind::kUsage, "--undo-joins has no effect on the format ", corpus.format, "; it is for wikitext");
  }
  if (corpus.options.text_field != CorpusOptions().text_field && corpus.format != "jsonl") {
    fail(ErrorKind::kUsage, "--text-field has no effect on the format ", corpus.format, "; it is for jsonl");
  }
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

LearnedVocabulary learn_vocabulary(const CorpusFiles& corpus, const VocabularyConfig& config,
                                   const TokenizerConfig& tokenizer, const std::filesystem::path& output,
                                   int num_threads) {
  require_trainable(config, tokenizer);
  CorpusOptions options = corpus.options;
  options.max_document_bytes = kBytesAtATime;
  const auto reader = open_corpus(resolve_corpus_format(corpus), corpus.files, options);
  const StopNotice notice(unfinished_notice("learning", {output}));
  StagedFolder folder(output);

  const std::string_view marker = corpus.keep_unk ? std::string_view() : kWikiTextUnknown;
  LearnedVocabulary learned =
      train_vocabulary({.corpus = *reader, .marker = marker, .num_threads = num_threads}, config, tokenizer);
  log_coverage(learned);
  learned.tokenizer->save(folder.path(), kPositions);
  folder.publish();
  warn_of_invalid_utf8(reader->invalid_utf8());
  return learned;
}

}  // namespace bertforge
