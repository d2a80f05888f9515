#pragma once
// Inputs compressed by gzip, xz, zstd or bzip2, read as what is in them; others as they are.
//
// Fed by base/streams.h; eaten by text/line_blocks.h. What a file is, its first bytes say, not its name. Several streams one behind
// the other (bgzip, pbzip2, cat a.gz b.gz) are one text. Memory: a block, and what the decoder needs, 512 MiB at most.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bertforge/base/streams.h"

namespace bertforge {

class Decoder;
struct Compression;

// Whether the file begins as one of those does. Error(kUsage) where there is none.
bool is_compressed(const std::string& path);

class DecompressedStream {
 public:
  // "-": standard input. Errors as InputStream's. A range that does not begin at the file's beginning is read as it is.
  // REQUIRES: `range` is the whole of a compressed file.
  explicit DecompressedStream(const std::string& path, ByteRange range = {});
  ~DecompressedStream();

  // As InputStream's. Error(kInput): what is compressed is damaged (each format has a checksum), or the file ends inside of it.
  std::size_t read(char* data, std::size_t room);
  bool is_compressed();   // Looks at the beginning.
  bool has_more() const;  // As InputStream's; always true where the input is compressed.

  const std::string& name() const { return input_.name(); }
  std::uint64_t num_bytes_read() const { return num_bytes_read_; }  // Of the file, as it lies there.

 private:
  void look_at_beginning();
  bool refill();
  std::size_t read_plain(char* data, std::size_t room);
  std::size_t read_compressed(char* data, std::size_t room);
  bool begin_stream();

  InputStream input_;
  std::uint64_t num_bytes_read_ = 0;
  bool looked_;
  const Compression* compression_ = nullptr;  // nullptr: none.
  std::unique_ptr<Decoder> decoder_;          // Of the stream that is being read; none between streams.
  std::vector<char> buffer_;
  std::string_view pending_;  // What of the buffer was not handed out or decoded yet.
};

}  // namespace bertforge
