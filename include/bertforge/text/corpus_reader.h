#pragma once
// Corpus readers: text files to documents, a document being sentences in order.
//
// Fed by files; feeds the word counter and the dataset builder. Memory holds one document (kMaxDocumentBytes) and one line; one
// longer than kMaxLineBytes is cut into several, with a warning (jsonl refuses it). Lines end at LF only; a byte order mark that
// opens a file is passed over. Bytes that are not UTF-8 are counted, and stay as they are for the tokenizer, which reads them as
// U+FFFD and deletes that with clean_text (jsonl makes them U+FFFD). Files compressed by gzip, xz, zstd or bzip2 are read as what is
// in them; binary files, UTF-16 among them, are refused.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bertforge/base/streams.h"
#include "bertforge/text/tokenizer.h"

namespace bertforge {

struct Document {
  std::vector<std::string> sentences;  // None is empty or white space alone. Paragraphs where the reader says so.
};

// Readers cut a larger document here, sentences counted with 32 bytes beside their text, and warn: a corpus without a
// mark between its documents must not fill memory.
inline constexpr std::size_t kMaxDocumentBytes = std::size_t{64} << 20;

// Bytes that are not UTF-8, in all lines of the files: headings and other lines that are left out too.
struct InvalidUtf8 {
  std::int64_t num_replacements = 0;  // The U+FFFD read for them, as decode_utf8 has it.
  std::int64_t num_lines = 0;         // Lines that have such bytes.
  std::string first_place;            // The first of those, "corpus.txt:17"; "" where there is none.

  // Looks for such bytes in a line of the file called `file`, `line_number` from 1.
  void add_line(std::string_view line, std::string_view file, std::int64_t line_number);
  void add(const InvalidUtf8& later);  // What was found behind it.
};

class CorpusReader {
 public:
  virtual ~CorpusReader() = default;

  // Replaces `document` by the next one, which has a sentence; false at the end.
  // Error(kUsage): a file is missing. Error(kInput): the end came before any document.
  virtual bool next(Document& document) = 0;

  // Whether what it calls sentences are paragraphs, which whoever wants sentences splits (sentence_splitter.h): that takes
  // longer than reading, and can be done by several threads.
  virtual bool gives_paragraphs() const { return false; }

  virtual std::uint64_t num_bytes_read() const = 0;
  virtual std::uint64_t num_bytes_total() const = 0;  // 0: unknown, because a pipe is among the files.

  virtual const InvalidUtf8& invalid_utf8() const = 0;  // Of what was read so far; of all files once next() gave false.
};

struct CorpusOptions {
  std::size_t max_document_bytes = kMaxDocumentBytes;
  bool join_files = false;             // lines, paragraphs: a document goes on in the next file (google-research/bert).
  std::string text_field = "text";     // jsonl: the member that holds a document's text.
  bool undo_joins = false;             // wikitext: "a @-@ b" is read as "a-b", @,@ and @.@ likewise.
  std::vector<ByteRange> ranges = {};  // What is read of each file (corpus_part.h); empty: all.
  bool may_be_empty = false;           // A corpus without a document is no error.
};

// A way to divide files into documents and sentences. A new one is one .cpp with a class of CorpusReader, its maker in
// src/text/corpus_formats.h, one line in the table of corpus_reader.cpp, and a test.
struct CorpusFormat {
  std::string_view name;
  std::string_view help;
  std::unique_ptr<CorpusReader> (*make)(std::vector<std::string> files, const CorpusOptions& options);
  // Whether a document begins at `line`, whatever stands before and behind its neighbours ("" at a file's ends).
  bool (*begins_document)(std::string_view before, std::string_view line, std::string_view after);
};

// The table of formats: "lines", "wikitext", "paragraphs", "jsonl".
std::span<const CorpusFormat> corpus_formats();

// The row of that name. Error(kUsage) that lists the names where there is none.
const CorpusFormat& find_corpus_format(std::string_view name);

// Opens `files` ("-": standard input), read one after the other, in the format of that name. All files are looked for at
// once, so that a missing one is found before any work. To whom documents mean nothing a smaller max_document_bytes gives less
// to hold; then no warning tells of cuts. Error(kUsage): no such format, no file, or a missing one.
std::unique_ptr<CorpusReader> open_corpus(std::string_view format, std::vector<std::string> files,
                                          const CorpusOptions& options = {});

// What WikiText writes where a rare word stood.
inline constexpr std::string_view kWikiTextUnknown = "<unk>";

// Whether white space, of any kind, or the text's own ends stand before and behind its bytes [begin, end).
bool stands_alone(std::string_view text, std::size_t begin, std::size_t end);

// Calls on_text(part) for the parts of `text` between markers, and on_marker() for each marker; empty parts included.
template <class OnText, class OnMarker>
void for_each_part_between(std::string_view text, std::string_view marker, OnText on_text, OnMarker on_marker) {
  std::size_t begin = 0;
  for (std::size_t at = 0; !marker.empty() && (at = text.find(marker, at)) != std::string_view::npos;) {
    const std::size_t end = at + marker.size();
    if (stands_alone(text, at, end)) {
      on_text(text.substr(begin, at - begin));
      on_marker();
      begin = end;
    }
    at = end;
  }
  on_text(text.substr(begin));
}

}  // namespace bertforge
