#include "embedding_output.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "bertforge/base/error.h"
#include "bertforge/base/field_list.h"
#include "bertforge/base/files.h"
#include "bertforge/formats/json.h"
#include "bertforge/formats/npy.h"

namespace bertforge {
namespace {

namespace fs = std::filesystem;

using MakeOutput = std::unique_ptr<EmbeddingOutput> (*)(const Tokenizer&, const EmbeddingOutputOptions&);

// The shortest text that reads back as the same float; JSON has no word for what is no number.
void append_number(std::string& text, float value) {
  char digits[32];
  const auto [end, error] = std::to_chars(std::begin(digits), std::end(digits), value);
  if (std::isfinite(value) && error == std::errc()) {
    text.append(digits, end);
  } else {
    text += "null";
  }
}

void append_numbers(std::string& text, const float* values, std::int64_t count, char separator) {
  for (std::int64_t i = 0; i < count; ++i) {
    if (i > 0) text += separator;
    append_number(text, values[i]);
  }
}

bool has_many_rows(const EmbeddingOutputOptions& options) { return options.pool == "none" || options.pool == "word"; }

std::string_view text_of_token(const EmbeddedLine& line, std::int32_t token, std::int32_t end_token) {
  const Sequence& sequence = line.sequence;
  const Token& first = sequence.tokens[static_cast<std::size_t>(token)];
  const Token& last = sequence.tokens[static_cast<std::size_t>(end_token) - 1];
  const std::string_view text = line.text.second && token >= sequence.segment_boundary ? *line.text.second : line.text.first;
  return text.substr(first.byte_begin, last.byte_end - first.byte_begin);
}

// What the rows of a line stand for: pieces or words, their places in characters, and which text they are of.
nlohmann::ordered_json describe_rows(const EmbeddedLine& line, const Tokenizer& tokenizer, const std::string& pool) {
  nlohmann::ordered_json tokens = nlohmann::json::array(), offsets = nlohmann::json::array(),
                         segments = nlohmann::json::array();
  for (const Embedding::Row& row : line.embedding.rows) {
    const Token& first = line.sequence.tokens[static_cast<std::size_t>(row.first_token)];
    const Token& last = line.sequence.tokens[static_cast<std::size_t>(row.end_token) - 1];
    const bool is_special = line.sequence.words[static_cast<std::size_t>(row.first_token)] < 0;
    if (pool == "word" && !is_special) {
      tokens.push_back(std::string(text_of_token(line, row.first_token, row.end_token)));
    } else {
      tokens.push_back(tokenizer.piece(first.id));
    }
    offsets.push_back({first.char_begin, last.char_end});
    segments.push_back(row.first_token >= line.sequence.segment_boundary ? 1 : 0);
  }
  return {{pool == "word" ? "words" : "tokens", tokens}, {"offsets", offsets}, {"segments", segments}};
}

nlohmann::ordered_json describe_line(const EmbeddedLine& line) {
  nlohmann::ordered_json object = {{"line", line.number}, {"text", std::string(line.text.first)}};
  if (line.text.second) object["text_pair"] = std::string(*line.text.second);
  return object;
}

// A text file, or standard output.
class TextOutput {
 public:
  explicit TextOutput(const std::string& path) {
    if (path != "-") file_.emplace(path);
  }
  void write(std::string_view text) {
    if (file_) {
      file_->writer().write(text);
    } else {
      std::cout << text;
    }
  }
  void publish() {
    if (file_) file_->publish();
  }

 private:
  std::optional<StagedFile> file_;
};

// An object a line: "vector", or "vectors" beside the tokens or words that they are of.
class JsonlOutput : public EmbeddingOutput {
 public:
  JsonlOutput(const Tokenizer& tokenizer, const EmbeddingOutputOptions& options)
      : tokenizer_(tokenizer), options_(options), out_(options.path) {}

  void write(const EmbeddedLine& line) override {
    nlohmann::ordered_json object = describe_line(line);
    const bool many = has_many_rows(options_);
    if (many) object.update(describe_rows(line, tokenizer_, options_.pool));
    std::string text = object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    text.back() = ',';  // The numbers follow: nlohmann-json would write floats with the digits of doubles.
    text += many ? "\"vectors\":[" : "\"vector\":";
    const std::int64_t size = options_.vector_size;
    for (std::size_t row = 0; row < line.embedding.rows.size(); ++row) {
      text += row > 0 ? ",[" : "[";
      append_numbers(text, line.embedding.values.data() + static_cast<std::int64_t>(row) * size, size, ',');
      text += ']';
    }
    text += many ? "]}\n" : "}\n";
    out_.write(text);
  }
  void publish() override { out_.publish(); }

 private:
  const Tokenizer& tokenizer_;
  EmbeddingOutputOptions options_;
  TextOutput out_;
};

// What stands beside an array whose rows are tokens or words: NAME.tokens.jsonl says which rows are whose.
class RowsFile {
 public:
  RowsFile(const Tokenizer& tokenizer, const EmbeddingOutputOptions& options)
      : tokenizer_(tokenizer), pool_(options.pool) {
    if (has_many_rows(options)) file_.emplace(fs::path(options.path).replace_extension(".tokens.jsonl"));
  }
  void write(const EmbeddedLine& line) {
    if (!file_) return;
    nlohmann::ordered_json object = describe_line(line);
    const auto end = num_rows_ + std::ssize(line.embedding.rows);
    object["rows"] = {num_rows_, end};
    object.update(describe_rows(line, tokenizer_, pool_));
    file_->writer().write(object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n');
    num_rows_ = end;
  }
  void publish() {
    if (file_) file_->publish();
  }

 private:
  const Tokenizer& tokenizer_;
  std::string pool_;
  std::optional<StagedFile> file_;
  std::int64_t num_rows_ = 0;
};

// One array of all rows.
class NpyOutput : public EmbeddingOutput {
 public:
  NpyOutput(const Tokenizer& tokenizer, const EmbeddingOutputOptions& options)
      : array_(options.path, options.vector_size), rows_(tokenizer, options) {}

  void write(const EmbeddedLine& line) override {
    array_.write_rows(line.embedding.values);
    rows_.write(line);
  }
  void publish() override {
    rows_.publish();
    array_.publish();
  }

 private:
  NpyWriter array_;
  RowsFile rows_;
};

// A vector a line, numbers with tabs between.
class TsvOutput : public EmbeddingOutput {
 public:
  TsvOutput(const Tokenizer& tokenizer, const EmbeddingOutputOptions& options)
      : out_(options.path), rows_(tokenizer, options), vector_size_(options.vector_size) {}

  void write(const EmbeddedLine& line) override {
    std::string text;
    for (std::size_t row = 0; row < line.embedding.rows.size(); ++row) {
      append_numbers(text, line.embedding.values.data() + static_cast<std::int64_t>(row) * vector_size_, vector_size_,
                     '\t');
      text += '\n';
    }
    out_.write(text);
    rows_.write(line);
  }
  void publish() override {
    rows_.publish();
    out_.publish();
  }

 private:
  TextOutput out_;
  RowsFile rows_;
  std::int64_t vector_size_;
};

template <class Output>
std::unique_ptr<EmbeddingOutput> make(const Tokenizer& tokenizer, const EmbeddingOutputOptions& options) {
  return std::make_unique<Output>(tokenizer, options);
}

struct OutputFormat {
  std::string_view name, help;
  bool needs_a_file;  // What it writes stands in more than one place.
  MakeOutput make;
};

// A new format is a line here.
constexpr OutputFormat kFormats[] = {
    {"jsonl", "an object a line, with its text", false, make<JsonlOutput>},
    {"npy", "one float32 array, a vector a row", true, make<NpyOutput>},
    {"tsv", "a vector a line, with tabs", false, make<TsvOutput>},
};

}  // namespace

std::vector<std::string> embedding_formats() {
  std::vector<std::string> names;
  for (const OutputFormat& format : kFormats) names.emplace_back(format.name);
  return names;
}

std::string embedding_format_help() {
  std::string help;
  for (const OutputFormat& format : kFormats) help += concat(help.empty() ? "" : "; ", format.name, ": ", format.help);
  return help;
}

std::string resolve_embedding_format(const EmbeddingOutputOptions& options) {
  std::string name = options.format;
  const std::string ending = fs::path(options.path).extension().string();
  if (name.empty()) name = options.path == "-" ? "jsonl" : ending.substr(ending.empty() ? 0 : 1);
  const auto format = std::ranges::find(kFormats, std::string_view(name), &OutputFormat::name);
  if (format == std::end(kFormats)) {
    fail(ErrorKind::kUsage, "--output ", options.path, ": its ending names no format; it must be one of .jsonl, .npy, ",
         ".tsv, or --format says which");
  }
  const bool many_files = format->needs_a_file || (name == "tsv" && has_many_rows(options));
  if (options.path == "-" && many_files) {
    fail(ErrorKind::kUsage, "--format ", name, has_many_rows(options) ? " with --pool " + options.pool : "",
         " needs a file: --output NAME.", name, "; jsonl can go to standard output");
  }
  return name;
}

std::unique_ptr<EmbeddingOutput> make_embedding_output(const Tokenizer& tokenizer,
                                                       const EmbeddingOutputOptions& options) {
  const std::string name = resolve_embedding_format(options);
  return std::ranges::find(kFormats, std::string_view(name), &OutputFormat::name)->make(tokenizer, options);
}

}  // namespace bertforge
