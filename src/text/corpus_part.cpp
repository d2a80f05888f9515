#include "bertforge/text/corpus_part.h"

#include <algorithm>
#include <utility>

#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/formats/decompressed_stream.h"
#include "bertforge/text/corpus_reader.h"
#include "bertforge/text/line_blocks.h"

namespace bertforge {
namespace {

// A line as the search sees it: a part of a line that is too long counts as one, but begins no document.
struct SeenLine {
  std::string text;
  std::uint64_t begin = 0;  // In the file.
  bool is_whole = false, begins_line = false;
};

// The first line behind the one at `offset` and the one after that where a document begins, whoever reads what is before it; else
// the end of the file. The line at `offset` may have begun before it, and the next is needed as a neighbour.
std::uint64_t next_document(const CorpusFormat& format, const std::string& file, std::uint64_t offset) {
  const std::uint64_t size = file_size(file);
  if (offset == 0 || offset >= size) return std::min(offset, size);
  LineBlockReader reader(file, {}, {.begin = offset});
  SeenLine before, line;
  std::uint64_t block_begin = offset, found = size;
  bool is_first = true;
  const auto look = [&](SeenLine after) {
    const bool is_candidate = before.is_whole && line.begins_line;
    if (is_candidate && found == size && format.begins_document(before.text, line.text, after.text)) found = line.begin;
    before = std::move(line);
    line = std::move(after);
  };
  for (LineBlock block; found == size && reader.next(block); block_begin += block.bytes.size()) {
    block.for_each_part([&](const LinePart& part) {
      const bool may_have_begun_before = std::exchange(is_first, false);
      look({.text = std::string(part.text),
            .begin = block_begin + static_cast<std::uint64_t>(part.text.data() - block.bytes.data()),
            .is_whole = part.is_whole() && !may_have_begun_before,
            .begins_line = part.begins_line});
    });
  }
  look({});
  return found;
}

}  // namespace

std::uint64_t corpus_bytes(const std::vector<std::string>& files) {
  std::uint64_t num_bytes = 0;
  for (const std::string& file : files) {
    if (file != "-") require_file(file);
    if (file == "-" || !file_exists(file)) {
      fail(ErrorKind::kUsage, input_name(file), " cannot be read in parts, because it is no file on disk");
    }
    num_bytes += file_size(file);
  }
  return num_bytes;
}

CorpusPart part_of_corpus(std::string_view format, const std::vector<std::string>& files, Shard shard) {
  BERTFORGE_CHECK(1 <= shard.index && shard.index <= shard.count);
  const CorpusFormat& entry = find_corpus_format(format);
  const std::uint64_t total = corpus_bytes(files);
  const auto place = [&](std::int64_t index) {  // Without overflow, and the same for both neighbours.
    const auto count = static_cast<std::uint64_t>(shard.count), i = static_cast<std::uint64_t>(index);
    return total / count * i + total % count * i / count;
  };
  const std::uint64_t begin = place(shard.index - 1), end = place(shard.index);

  CorpusPart part;
  std::uint64_t file_begin = 0;
  for (const std::string& file : files) {
    const std::uint64_t size = file_size(file);
    const auto in_file = [&](std::uint64_t at) { return at <= file_begin ? 0 : std::min(at - file_begin, size); };
    const auto cut = [&](std::uint64_t at) {
      const std::uint64_t offset = in_file(at);
      if (offset == 0 || offset == size) return offset;
      return is_compressed(file) ? size : next_document(entry, file, offset);
    };
    const ByteRange range{cut(begin), cut(end)};
    BERTFORGE_CHECK(range.begin <= range.end, file, ": ", range.begin, " > ", range.end);
    if (range.begin < range.end) {
      part.files.push_back(file);
      part.ranges.push_back(range.begin == 0 && range.end == size ? ByteRange{} : range);
    }
    file_begin += size;
  }
  if (part.files.empty() && !files.empty()) {  // More shards than documents.
    part.files.push_back(files.front());
    part.ranges.push_back({.begin = 0, .end = 0});
  }
  return part;
}

}  // namespace bertforge
