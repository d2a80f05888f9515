#include "bertforge/text/require_text.h"

#include <algorithm>

#include "bertforge/base/error.h"

namespace bertforge {

namespace {

struct Signature {
  std::string_view bytes, kind, remedy;
  std::size_t offset = 0;
};

constexpr Signature kNoText[] = {
    // Text compressed once never comes here (formats/decompressed_stream.h), unless it ends within its first bytes.
    {"\x1F\x8B", "gzip data", "unpack it: gunzip FILE"},
    {"\xFD"
     "7zXZ",
     "xz data", "unpack it: unxz FILE"},
    {"\x28\xB5\x2F\xFD", "zstd data", "unpack it: unzstd FILE"},
    {"BZh91AY&SY", "bzip2 data", "unpack it: bunzip2 FILE"},
    {"PK\x03\x04", "a zip archive", "unpack it: unzip FILE"},
    {"ustar", "a tar archive", "unpack it: tar -xf FILE", 257},
    {"%PDF-", "a PDF", "make it text: pdftotext FILE"},
    {"\xFF\xFE", "UTF-16", "make it UTF-8: iconv -f UTF-16 -t UTF-8 FILE"},
    {"\xFE\xFF", "UTF-16", "make it UTF-8: iconv -f UTF-16 -t UTF-8 FILE"},
};

// Text has none, but for an accident; UTF-16 and binary files are full of them.
void refuse_nuls(std::string_view beginning, const std::string& name) {
  constexpr std::size_t kBytesLookedAt = 4096, kMaxNuls = 8, kBytesPerNul = 16;
  const std::string_view part = beginning.substr(0, kBytesLookedAt);
  const auto num_nuls = static_cast<std::size_t>(std::count(part.begin(), part.end(), '\0'));
  if (num_nuls <= kMaxNuls || num_nuls * kBytesPerNul < part.size()) return;
  fail(ErrorKind::kInput, name, " is no text: ", num_nuls, " of its first ", part.size(),
       " bytes are 0; UTF-8 is expected (UTF-16: iconv -f UTF-16LE -t UTF-8 FILE)");
}

}  // namespace

void require_text(std::string_view beginning, const std::string& name) {
  for (const Signature& signature : kNoText) {
    if (beginning.size() < signature.offset || !beginning.substr(signature.offset).starts_with(signature.bytes))
      continue;
    fail(ErrorKind::kInput, name, " is ", signature.kind, ", not text; ", signature.remedy);
  }
  refuse_nuls(beginning, name);
}

}  // namespace bertforge
