// bertforge detokenize --vocab FILE|DIR [INPUT|-]

#include <algorithm>
#include <charconv>

#include "bertforge/app/common_options.h"
#include "bertforge/app/line_pipeline.h"
#include "bertforge/base/error.h"
#include "bertforge/base/numbers.h"
#include "bertforge/base/streams.h"
#include "bertforge/text/tokenizer_folder.h"
#include "command_functions.h"

namespace bertforge {
namespace {

constexpr bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f'; }

// The beginning of a word, fit for a message.
std::string shown(std::string_view word) {
  constexpr std::size_t kMostShown = 40;
  std::string text;
  for (const char c : word.substr(0, kMostShown)) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_control = byte < 0x20 || byte == 0x7F;
    text += is_control ? concat("\\x", std::hex, byte / 16, byte % 16) : std::string(1, c);
  }
  return word.size() > kMostShown ? text + "..." : text;
}

class IdReader {
 public:
  IdReader(std::int64_t vocabulary_size, std::string input) : size_(vocabulary_size), input_(std::move(input)) {}

  // Appends the ids of a line. Error(kInput), with the line's place, on what is none.
  void read(const LinePart& line, std::vector<TokenId>& ids) const {
    const char* const end = line.text.data() + line.text.size();
    for (const char* next = line.text.data(); (next = std::find_if_not(next, end, is_space)) != end;) {
      TokenId id = -1;
      const char* stop = std::from_chars(next, end, id).ptr;
      if (stop == next || (stop != end && !is_space(*stop)) || id < 0 || id >= size_) {
        stop = std::find_if(next, end, is_space);
        id = other_form({next, stop}, line.number);
      }
      ids.push_back(id);
      next = stop;
    }
  }

 private:
  // "+7" and "1_000" are numbers too, as everywhere.
  TokenId other_form(std::string_view word, std::int64_t line_number) const {
    const auto id = parse_int64(word);
    if (id && *id >= 0 && *id < size_) return static_cast<TokenId>(*id);
    fail(ErrorKind::kInput, input_name(input_), ":", line_number, ": \"", shown(word),
         "\" is no id of this vocabulary; a number below ", size_, " is expected");
  }

  std::int64_t size_;
  std::string input_;
};

// Where a line is too long and comes in parts, those behind the first are decoded behind a token that is taken away again,
// because a piece's text depends on whether it is the line's first.
class Detokenizer {
 public:
  Detokenizer(const Tokenizer& tokenizer, const std::string& input, bool skip_special)
      : tokenizer_(&tokenizer), reader_(tokenizer.vocabulary_size(), input), skip_special_(skip_special) {
    while (before_ + 1 < tokenizer.vocabulary_size() && tokenizer.is_special(before_)) ++before_;
    text_before_ = tokenizer.decode(std::span(&before_, 1), skip_special);
  }

  void operator()(const LinePart& line, std::string& output) {
    ids_.clear();
    if (!line.begins_line) ids_.push_back(before_);
    reader_.read(line, ids_);
    const std::string text = tokenizer_->decode(ids_, skip_special_);
    output.append(text, line.begins_line ? 0 : text_before_.size());
  }

 private:
  const Tokenizer* tokenizer_;
  IdReader reader_;
  bool skip_special_;
  TokenId before_ = 0;
  std::string text_before_;
  std::vector<TokenId> ids_;
};

}  // namespace

int detokenize_command(const Arguments& arguments) {
  std::string vocab, input = "-";
  TokenizerOverrides overrides;
  bool keep_special = false;
  std::int64_t num_threads = 0;

  CommandLine line("detokenize",
                   "Turns lines of ids back into lines of text. Any number of gigabytes may run through.");
  add_optional_input(line, input, "A file with the ids of a text in each line");
  add_vocab_option(line, vocab, overrides);
  line.options().add("--keep-special", keep_special, "Show [CLS], [SEP] and their like");
  add_threads_option(line, num_threads);
  if (!line.parse(arguments)) return 0;

  const auto tokenizer = load_tokenizer(tokenizer_path(vocab), overrides);
  run_line_pipeline(input, static_cast<int>(num_threads),
                    [&] { return Detokenizer(*tokenizer, input, !keep_special); });
  return 0;
}

}  // namespace bertforge
