#pragma once
// Parts of a corpus, for many machines: each reads its own bytes, and together they read every document once.
//
// Fed by the names of the files; feeds open_corpus (corpus_reader.h). The corpus is cut into ranges of equal size, each moved on to
// where the next document begins. Compressed files are not cut.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bertforge/base/streams.h"

namespace bertforge {

// Part `index` of `count`, from 1.
struct Shard {
  std::int64_t index = 1, count = 1;
  bool is_all() const { return count == 1; }
  bool operator==(const Shard&) const = default;
};

struct CorpusPart {
  std::vector<std::string> files;
  std::vector<ByteRange> ranges;  // One a file; none begins inside of a document.
};

// What of `files`, read in that format, belongs to the shard; a part may have no document. A function of the sizes of the files and
// what is in them. Error(kUsage): a file is missing, or is a pipe, which cannot be read in part.
CorpusPart part_of_corpus(std::string_view format, const std::vector<std::string>& files, Shard shard);

std::uint64_t corpus_bytes(const std::vector<std::string>& files);  // Of all files, as they lie there.

}  // namespace bertforge
