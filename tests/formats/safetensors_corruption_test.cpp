// Files that lie: each is refused with a reason, and none is read beyond its end.

#include <cstring>

#include "bertforge/formats/safetensors.h"
#include "support/error_matchers.h"
#include "support/temp_dir.h"

namespace bertforge {
namespace {

using testing::TempDir;

std::string length_bytes(std::uint64_t length) {
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  return bytes;
}

std::string file_of(const std::string& header, std::size_t num_data_bytes) {
  return length_bytes(header.size()) + header + std::string(num_data_bytes, 'x');
}

struct Lie {
  const char* name;
  std::string bytes;
  const char* reason;
};

std::ostream& operator<<(std::ostream& out, const Lie& lie) { return out << lie.name; }

class LyingFile : public ::testing::TestWithParam<Lie> {};

TEST_P(LyingFile, IsRefusedWithTheReason) {
  const TempDir folder;
  const auto path = folder.write("bad.safetensors", GetParam().bytes);
  EXPECT_ERROR(SafetensorsFile{path}, ErrorKind::kInput, "bad.safetensors is no sound safetensors file: ");
  EXPECT_ERROR(SafetensorsFile{path}, ErrorKind::kInput, GetParam().reason);
}

INSTANTIATE_TEST_SUITE_P(
    Lengths, LyingFile,
    ::testing::Values(Lie{"Empty", "", "it has 0 bytes"}, Lie{"SevenBytes", "1234567", "it has 7 bytes"},
                      Lie{"NoHeader", length_bytes(0), "does not start with {"},
                      Lie{"HeaderBeyondTheFile", length_bytes(3) + "{}", "claims 3 bytes, and the file has 10"},
                      Lie{"HeaderOfAHundredMillionAndOne", length_bytes(100'000'001) + "{}", "at most 100000000"},
                      Lie{"HeaderOfAllBits", length_bytes(~0ull) + "{}", "claims 18446744073709551615 bytes"},
                      Lie{"LeadingSpace", file_of(" {}", 0), "does not start with {"},
                      Lie{"AnotherFormat", "{\"a\": 1} is JSON and no header", "at most 100000000"}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Headers, LyingFile,
    ::testing::Values(
        Lie{"CutShort", file_of("{\"a\":", 0), "its header is no JSON"},
        Lie{"TextBehindTheHeader", file_of("{} x", 0), "its header is no JSON"},
        Lie{"InvalidUtf8", file_of("{\"\xff\":{}}", 0), "its header is no JSON"},
        Lie{"TwiceTheSameTensor",
            file_of(
                R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
                1),
            "the key \"a\" stands there twice"},
        Lie{"TwiceTheSameInnerKey", file_of(R"({"a":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}})", 1),
            "the key \"dtype\" stands there twice"},
        Lie{"MetadataThatIsNoObject", file_of(R"({"__metadata__":[]})", 0), "__metadata__ is no object"},
        Lie{"MetadataThatIsNoText", file_of(R"({"__metadata__":{"a":1}})", 0), "which is no text"},
        Lie{"DeepNesting",
            file_of(R"({"a":{"dtype":"U8","shape":[)" + std::string(300000, '[') + std::string(300000, ']') +
                        R"(],"data_offsets":[0,1]}})",
                    1),
            "has array in its shape"}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Tensors, LyingFile,
    ::testing::Values(
        Lie{"NoObject", file_of(R"({"a":1})", 0), "tensor \"a\" is no object"},
        Lie{"NoDtype", file_of(R"({"a":{"shape":[1],"data_offsets":[0,1]}})", 1), "has no dtype"},
        Lie{"UnknownDtype", file_of(R"({"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}})", 1),
            "has dtype \"F8_E4M3\", which is not supported"},
        Lie{"NoShape", file_of(R"({"a":{"dtype":"U8","data_offsets":[0,1]}})", 1), "has no list shape"},
        Lie{"NegativeSize", file_of(R"({"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}})", 1),
            "has -1 in its shape"},
        Lie{"FractionalSize", file_of(R"({"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}})", 1),
            "has 1.0 in its shape"},
        Lie{"ShapeBeyondSixtyFourBits",
            file_of(R"({"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0),
            "a shape beyond all memory"},
        Lie{"ShapeThatWrapsToItsSize",
            file_of(R"({"a":{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}})", 4),
            "a shape beyond all memory"},
        Lie{"NoOffsets", file_of(R"({"a":{"dtype":"U8","shape":[1]}})", 1), "has no list data_offsets"},
        Lie{"OneOffset", file_of(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}})", 1), "not [begin, end]"},
        Lie{"OffsetsReversed", file_of(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}})", 1),
            "not [begin, end]"},
        Lie{"OffsetsBeyondTheFile", file_of(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})", 1),
            "ends at byte 2 of 1"},
        Lie{"ShapeLargerThanData", file_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4),
            "has 4 bytes, and its shape needs 8"},
        Lie{"ShapeSmallerThanData", file_of(R"({"a":{"dtype":"F32","shape":[0],"data_offsets":[0,4]}})", 4),
            "has 4 bytes, and its shape needs 0"}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Layouts, LyingFile,
    ::testing::Values(
        Lie{"HoleAtTheStart", file_of(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})", 2),
            "there is a hole before tensor \"a\""},
        Lie{"HoleBetween",
            file_of(
                R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}})",
                3),
            "there is a hole before tensor \"b\""},
        Lie{"Overlap",
            file_of(
                R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
                3),
            "tensor \"b\" overlaps"},
        Lie{"SharedData",
            file_of(
                R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})",
                2),
            "tensor \"b\" overlaps"},
        Lie{"BytesLeftOver", file_of(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 4),
            "3 bytes at its end belong to no tensor"}),
    [](const auto& info) { return info.param.name; });

// Every file that is one byte shorter than a sound one is refused, wherever it was cut.
TEST(CutFile, IsRefusedAtEveryLength) {
  const TempDir folder;
  const std::string whole = file_of(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 4);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_ERROR(SafetensorsFile{folder.write("cut", whole.substr(0, size))}, ErrorKind::kInput, "is no sound");
  }
  EXPECT_NO_THROW(SafetensorsFile{folder.write("cut", whole)});
}

// A flipped bit anywhere gives an error or a file, never a crash: this is for the sanitizers to watch.
TEST(DamagedFile, IsReadOrRefusedButNeverCrashes) {
  const TempDir folder;
  const std::string whole = file_of(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 4);
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    try {
      const SafetensorsFile file(folder.write("damaged", damaged));
      EXPECT_LE(file.tensors().size(), 1u);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kInput);
    }
  }
}

}  // namespace
}  // namespace bertforge
