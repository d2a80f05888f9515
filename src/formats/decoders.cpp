#include "decoders.h"

#include <bzlib.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <limits>

#include "bertforge/base/error.h"

namespace bertforge {
namespace {

[[noreturn]] void fail_damaged(const std::string& input_name, std::string_view compression, std::string_view reason) {
  fail(ErrorKind::kInput, input_name, ": the ", compression, " data is damaged (", reason, "); is the file whole?");
}

[[noreturn]] void fail_to_begin(std::string_view compression) {
  fail(ErrorKind::kEnvironment, "no memory to decode ", compression);
}

// zlib, liblzma and bzip2 move the same four members of their stream; their counts of bytes differ in type.
template <class Stream>
void hand_over(Stream& stream, std::string_view input, std::span<char> output) {
  constexpr std::size_t kMost = std::numeric_limits<unsigned>::max();
  stream.next_in = reinterpret_cast<decltype(stream.next_in)>(const_cast<char*>(input.data()));
  stream.avail_in = static_cast<decltype(stream.avail_in)>(std::min(input.size(), kMost));
  stream.next_out = reinterpret_cast<decltype(stream.next_out)>(output.data());
  stream.avail_out = static_cast<decltype(stream.avail_out)>(std::min(output.size(), kMost));
}

template <class Stream>
void take_back(const Stream& stream, std::string_view& input, std::span<char>& output) {
  input.remove_prefix(static_cast<std::size_t>(reinterpret_cast<const char*>(stream.next_in) - input.data()));
  output = output.subspan(static_cast<std::size_t>(reinterpret_cast<char*>(stream.next_out) - output.data()));
}

class GzipDecoder : public Decoder {
 public:
  explicit GzipDecoder(const std::string& input_name) : input_name_(input_name) {
    constexpr int kGzipAlone = 16;
    if (inflateInit2(&stream_, MAX_WBITS + kGzipAlone) != Z_OK) fail_to_begin("gzip");
  }
  ~GzipDecoder() override { inflateEnd(&stream_); }

  bool decode(std::string_view& input, std::span<char>& output) override {
    hand_over(stream_, input, output);
    const int result = inflate(&stream_, Z_NO_FLUSH);
    take_back(stream_, input, output);
    if (result == Z_STREAM_END) return true;
    if (result != Z_OK && result != Z_BUF_ERROR) {
      fail_damaged(input_name_, "gzip", stream_.msg != nullptr ? stream_.msg : zError(result));
    }
    return false;
  }

 private:
  std::string input_name_;
  z_stream stream_{};
};

class XzDecoder : public Decoder {
 public:
  explicit XzDecoder(const std::string& input_name) : input_name_(input_name) {
    if (lzma_stream_decoder(&stream_, kMaxMemory, /*flags=*/0) != LZMA_OK) fail_to_begin("xz");
  }
  ~XzDecoder() override { lzma_end(&stream_); }

  bool decode(std::string_view& input, std::span<char>& output) override {
    hand_over(stream_, input, output);
    const lzma_ret result = lzma_code(&stream_, LZMA_RUN);
    take_back(stream_, input, output);
    if (result == LZMA_STREAM_END) return true;
    if (result == LZMA_MEMLIMIT_ERROR) {
      fail(ErrorKind::kInput, input_name_, ": its xz data takes more than ", kMaxMemory >> 20,
           " MiB to decode; compress it with a smaller dictionary: xz -9");
    }
    if (result == LZMA_MEM_ERROR) fail_to_begin("xz");
    if (result != LZMA_OK && result != LZMA_BUF_ERROR) fail_damaged(input_name_, "xz", reason(result));
    return false;
  }

 private:
  static constexpr std::uint64_t kMaxMemory = std::uint64_t{512} << 20;  // xz -9 takes 65 MiB.

  static std::string_view reason(lzma_ret result) {
    if (result == LZMA_FORMAT_ERROR) return "no xz header where one is expected";
    if (result == LZMA_OPTIONS_ERROR) return "options that liblzma does not know";
    return "a checksum or a length is wrong";
  }

  std::string input_name_;
  lzma_stream stream_ = LZMA_STREAM_INIT;
};

class ZstdDecoder : public Decoder {
 public:
  explicit ZstdDecoder(const std::string& input_name) : input_name_(input_name), stream_(ZSTD_createDStream()) {
    if (stream_ == nullptr) fail_to_begin("zstd");
    ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, kMaxWindowLog);
  }
  ~ZstdDecoder() override { ZSTD_freeDStream(stream_); }

  bool decode(std::string_view& input, std::span<char>& output) override {
    ZSTD_inBuffer from{input.data(), input.size(), 0};
    ZSTD_outBuffer to{output.data(), output.size(), 0};
    const std::size_t result = ZSTD_decompressStream(stream_, &to, &from);
    const ZSTD_ErrorCode code = ZSTD_getErrorCode(result);
    if (code == ZSTD_error_frameParameter_windowTooLarge) {
      fail(ErrorKind::kInput, input_name_, ": its zstd data takes more than ", (1 << kMaxWindowLog) >> 20,
           " MiB to decode; compress it with --long=", kMaxWindowLog, " at most");
    }
    if (code == ZSTD_error_memory_allocation) fail_to_begin("zstd");
    if (ZSTD_isError(result)) fail_damaged(input_name_, "zstd", ZSTD_getErrorName(result));
    input.remove_prefix(from.pos);
    output = output.subspan(to.pos);
    return result == 0;
  }

 private:
  static constexpr int kMaxWindowLog = 29;  // 512 MiB, of zstd --long=29; without --long a window has 8 MiB.

  std::string input_name_;
  ZSTD_DStream* stream_;
};

class Bzip2Decoder : public Decoder {
 public:
  explicit Bzip2Decoder(const std::string& input_name) : input_name_(input_name) {
    if (BZ2_bzDecompressInit(&stream_, /*verbosity=*/0, /*small=*/0) != BZ_OK) fail_to_begin("bzip2");
  }
  ~Bzip2Decoder() override { BZ2_bzDecompressEnd(&stream_); }

  bool decode(std::string_view& input, std::span<char>& output) override {
    hand_over(stream_, input, output);
    const int result = BZ2_bzDecompress(&stream_);
    take_back(stream_, input, output);
    if (result == BZ_STREAM_END) return true;
    if (result == BZ_MEM_ERROR) fail_to_begin("bzip2");
    if (result != BZ_OK) {
      const bool has_no_header = result == BZ_DATA_ERROR_MAGIC;
      fail_damaged(input_name_, "bzip2",
                   has_no_header ? "no bzip2 header where one is expected" : "a checksum or a block is wrong");
    }
    return false;
  }

 private:
  std::string input_name_;
  bz_stream stream_{};
};

template <class Decoder_>
std::unique_ptr<Decoder> make(const std::string& input_name) {
  return std::make_unique<Decoder_>(input_name);
}

// bzip2's is as long as this because text may begin with "BZh"; the second is an empty file's. pzstd begins with a frame to skip.
constexpr Compression kCompressions[] = {
    {"gzip", "\x1F\x8B", make<GzipDecoder>},
    {"xz", std::string_view("\xFD\x37\x7A\x58\x5A\0", 6), make<XzDecoder>},
    {"zstd", "\x28\xB5\x2F\xFD", make<ZstdDecoder>},
    {"zstd", "\x50\x2A\x4D\x18", make<ZstdDecoder>},
    {"bzip2", "BZh?\x31\x41\x59\x26\x53\x59", make<Bzip2Decoder>},
    {"bzip2", "BZh?\x17\x72\x45\x38\x50\x90", make<Bzip2Decoder>},
};

}  // namespace

std::span<const Compression> compressions() { return kCompressions; }

}  // namespace bertforge
