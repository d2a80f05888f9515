#include "bertforge/inference/embedding_writer.h"

#include <algorithm>
#include <charconv>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/formats/json.h"
#include "bertforge/formats/npy.h"

namespace bertforge {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// The shortest texts that read back as the same floats.
void append_numbers(std::string& text, const float* values, std::int64_t count, char separator) {
  for (std::int64_t i = 0; i < count; ++i) {
    if (i > 0) text += separator;
    char digits[32];
    text.append(digits, std::to_chars(std::begin(digits), std::end(digits), values[i]).ptr);
  }
}

const Token& token_at(const EmbeddedLine& line, std::int32_t place) {
  return line.sequence.tokens[static_cast<std::size_t>(place)];
}

// A word as it stands in the text.
std::string text_of(const EmbeddedLine& line, const Embedding::Row& row) {
  const bool is_second = line.text.second && row.first_token >= line.sequence.segment_boundary;
  const std::string_view text = is_second ? *line.text.second : line.text.first;
  const std::uint32_t begin = token_at(line, row.first_token).byte_begin;
  return std::string(text.substr(begin, token_at(line, row.end_token - 1).byte_end - begin));
}

// What the rows of a line stand for: pieces or words, their places in characters, and which text they are of.
Json describe_rows(const EmbeddedLine& line, const Tokenizer& tokenizer, PooledRows kind) {
  Json names = Json::array(), offsets = Json::array(), segments = Json::array();
  for (const Embedding::Row& row : line.embedding.rows) {
    const Token& first = token_at(line, row.first_token);
    const bool is_special = line.sequence.words[static_cast<std::size_t>(row.first_token)] < 0;
    names.push_back(kind == PooledRows::kWords && !is_special ? text_of(line, row) : tokenizer.piece(first.id));
    offsets.push_back({first.char_begin, token_at(line, row.end_token - 1).char_end});
    segments.push_back(row.first_token >= line.sequence.segment_boundary ? 1 : 0);
  }
  return {{kind == PooledRows::kWords ? "words" : "tokens", names}, {"offsets", offsets}, {"segments", segments}};
}

Json describe_line(const EmbeddedLine& line) {
  Json object = {{"line", line.number}, {"text", std::string(line.text.first)}};
  if (line.text.second) object["text_pair"] = std::string(*line.text.second);
  return object;
}

// A text file, or standard output.
class TextStream {
 public:
  explicit TextStream(const std::string& path) {
    if (path != "-") file_.emplace(path);
  }
  void write(std::string_view text) {
    if (file_) {
      file_->writer().write(text);
    } else if (!(std::cout << text)) {
      fail(ErrorKind::kEnvironment, "standard output cannot be written");
    }
  }
  void publish() {
    if (file_) file_->publish();
  }

 private:
  std::optional<StagedFile> file_;
};

// An object a line: "vector", or "vectors" beside the tokens or words that they are of.
class JsonlWriter : public EmbeddingWriter {
 public:
  JsonlWriter(const Tokenizer& tokenizer, const EmbeddingOutput& output)
      : tokenizer_(tokenizer), output_(output), stream_(output.path) {}

  void write(const EmbeddedLine& line) override {
    Json object = describe_line(line);
    const bool is_text = output_.rows == PooledRows::kText;
    if (!is_text) object.update(describe_rows(line, tokenizer_, output_.rows));
    std::string text = dump_ordered_json_line(object);
    text.back() = ',';  // The numbers follow: nlohmann-json would write floats with the digits of doubles.
    text += is_text ? "\"vector\":" : "\"vectors\":[";
    const std::int64_t size = output_.vector_size;
    for (std::int64_t row = 0; row < std::ssize(line.embedding.rows); ++row) {
      text += row > 0 ? ",[" : "[";
      append_numbers(text, line.embedding.values.data() + row * size, size, ',');
      text += ']';
    }
    text += is_text ? "}\n" : "]}\n";
    stream_.write(text);
  }
  void publish() override { stream_.publish(); }

 private:
  const Tokenizer& tokenizer_;
  EmbeddingOutput output_;
  TextStream stream_;
};

// What stands beside an array whose rows are tokens or words: FILE.tokens.jsonl says which rows are whose.
class RowsFile {
 public:
  RowsFile(const Tokenizer& tokenizer, const EmbeddingOutput& output)
      : tokenizer_(tokenizer), rows_(output.rows), path_(output.path + ".tokens.jsonl") {
    if (rows_ != PooledRows::kText) file_.emplace(path_);
  }
  void write(const EmbeddedLine& line) {
    if (!file_) return;
    Json object = describe_line(line);
    const std::int64_t end = num_rows_ + std::ssize(line.embedding.rows);
    object["rows"] = {num_rows_, end};
    object.update(describe_rows(line, tokenizer_, rows_));
    file_->writer().write(dump_ordered_json_line(object) + '\n');
    num_rows_ = end;
  }
  // Where there is none, the one of an earlier array goes: it describes another.
  void publish() {
    std::error_code ignored;
    if (file_) {
      file_->publish();
    } else {
      fs::remove(path_, ignored);
    }
  }

 private:
  const Tokenizer& tokenizer_;
  PooledRows rows_;
  std::string path_;
  std::optional<StagedFile> file_;
  std::int64_t num_rows_ = 0;
};

// One array of all rows.
class NpyFileWriter : public EmbeddingWriter {
 public:
  NpyFileWriter(const Tokenizer& tokenizer, const EmbeddingOutput& output)
      : array_(output.path, output.vector_size), rows_(tokenizer, output) {}

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
class TsvWriter : public EmbeddingWriter {
 public:
  TsvWriter(const Tokenizer& tokenizer, const EmbeddingOutput& output)
      : stream_(output.path), rows_(tokenizer, output), vector_size_(output.vector_size) {}

  void write(const EmbeddedLine& line) override {
    std::string text;
    for (std::int64_t row = 0; row < std::ssize(line.embedding.rows); ++row) {
      append_numbers(text, line.embedding.values.data() + row * vector_size_, vector_size_, '\t');
      text += '\n';
    }
    stream_.write(text);
    rows_.write(line);
  }
  void publish() override {
    rows_.publish();
    stream_.publish();
  }

 private:
  TextStream stream_;
  RowsFile rows_;
  std::int64_t vector_size_;
};

template <class Writer>
std::unique_ptr<EmbeddingWriter> make(const Tokenizer& tokenizer, const EmbeddingOutput& output) {
  return std::make_unique<Writer>(tokenizer, output);
}

// A new form is a class and a line here.
constexpr EmbeddingFormat kFormats[] = {
    {"jsonl", "an object a line, with its text", true, true, make<JsonlWriter>},
    {"npy", "one float32 array, a vector a row", false, false, make<NpyFileWriter>},
    {"tsv", "a vector a line, with tabs", false, true, make<TsvWriter>},
};

}  // namespace

std::span<const EmbeddingFormat> embedding_formats() { return kFormats; }

const EmbeddingFormat& find_embedding_format(const EmbeddingOutput& output) {
  const bool is_standard_output = output.path == "-";
  std::string name = output.format;
  if (name.empty()) name = is_standard_output ? ".jsonl" : fs::path(output.path).extension().string();
  if (name.starts_with('.')) name.erase(0, 1);
  const auto format = std::ranges::find(kFormats, std::string_view(name), &EmbeddingFormat::name);
  if (format == std::end(kFormats)) {
    std::string endings;
    for (const EmbeddingFormat& each : kFormats) endings += concat(endings.empty() ? "." : ", .", each.name);
    fail(ErrorKind::kUsage, "--output ", output.path, ": its ending names no format; it must be one of ", endings,
         ", or --format says which");
  }
  const bool can_stream = format->in_one_piece || (format->is_a_stream && output.rows == PooledRows::kText);
  if (is_standard_output && !can_stream) {
    fail(ErrorKind::kUsage, "--format ", name, output.rows == PooledRows::kText ? "" : " with a vector a token or word",
         " needs a file: --output NAME.", name, "; jsonl can go to standard output");
  }
  return *format;
}

std::unique_ptr<EmbeddingWriter> make_embedding_writer(const Tokenizer& tokenizer, const EmbeddingOutput& output) {
  return find_embedding_format(output).make(tokenizer, output);
}

}  // namespace bertforge
