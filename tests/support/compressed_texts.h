#pragma once
// One text as the compressors make it: gzip -n9, xz -9, zstd -19 --check and bzip2 -9 wrote these bytes.

#include <string>
#include <string_view>
#include <vector>

namespace bertforge::testing {

inline constexpr std::string_view kUncompressedText =
    "the clock of the tower\nthe clock of the town\n\nsnow fell on the town and on the tower\n";

inline std::string bytes_of_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

struct CompressedText {
  std::string name, bytes;
};

inline std::vector<CompressedText> compressed_texts() {
  return {
      {"gzip", bytes_of_hex("1f8b08000000000002032bc9485548cec94fce56c84f532801724af2cb538bb84ab008e7717115e7e5972ba4"
                            "a5e6e428e4e7c1851512f35290f840dd007306c07155000000")},
      {"xz", bytes_of_hex("fd377a585a000004e6d6b446020021011c00000010cf58cce0005400325d003a1a08ce7649a39bd8dd022718c7c8"
                          "d2d23ba7f973a4265799561961b6cd8dae64a5d6842c736fcf19020981aa88509f5e000000003a08661820df2ff1"
                          "00014e55db727d551fb6f37d010000000004595a")},
      {"zstd", bytes_of_hex("28b52ffd2455a50100d2c20910c0a70300b496e482006df3ff33c75f42ec8260f63b1ba7f254b18ca5a28da047"
                            "2fa1173682020300413006286aa5a718baffde1d")},
      {"bzip2",
       bytes_of_hex("425a6839314159265359cc92f75b0000235180001040002f4d9c802000484a9a191ea0682521a188334dc2b827"
                    "62e3ec6805d18b74a3a1c7929e12a9041e981838e0e4a280c850bb9229c284866497bad8")},
  };
}

}  // namespace bertforge::testing
