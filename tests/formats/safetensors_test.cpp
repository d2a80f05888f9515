#include "bertforge/formats/safetensors.h"

#include <array>
#include <cstring>

#include "support/error_matchers.h"
#include "support/shared_path.h"
#include "support/temp_dir.h"

namespace bertforge {
namespace {

using testing::contents_of;
using testing::TempDir;

constexpr std::array<float, 6> kWeights = {1, 2, 3, 4, 5, 6};
constexpr std::array<std::int64_t, 2> kIds = {7, -8};
constexpr std::array<std::uint8_t, 3> kFlags = {1, 0, 1};

std::vector<TensorView> toy_tensors() {
  return {{"flags", DType::BOOL, {3}, std::as_bytes(std::span(kFlags))},
          {"w.b", DType::F32, {2, 3}, std::as_bytes(std::span(kWeights))},
          {"w.a", DType::F32, {}, std::as_bytes(std::span(kWeights).first(1))},
          {"ids", DType::I64, {2, 1}, std::as_bytes(std::span(kIds))},
          {"empty", DType::F32, {0, 7}, {}}};
}

TEST(Safetensors, ComeBackAsTheyWereWritten) {
  const TempDir folder;
  write_safetensors(folder / "x", toy_tensors(), {{"made by", "a test"}});
  const SafetensorsFile file(folder / "x");
  EXPECT_EQ(file.tensors().size(), 5u);
  for (const TensorView& written : toy_tensors()) {
    const TensorView& read = file.get(written.name);
    EXPECT_EQ(read.dtype, written.dtype);
    EXPECT_EQ(read.shape, written.shape);
    EXPECT_TRUE(std::equal(read.data.begin(), read.data.end(), written.data.begin(), written.data.end()));
  }
  EXPECT_EQ(file.metadata(), (std::map<std::string, std::string>{{"format", "pt"}, {"made by", "a test"}}));
}

TEST(Safetensors, WideTypesComeFirstThenNames) {
  const TempDir folder;
  write_safetensors(folder / "x", toy_tensors());
  std::vector<std::string> names;
  const SafetensorsFile file(folder / "x");
  for (const TensorView& tensor : file.tensors()) names.push_back(tensor.name);
  EXPECT_EQ(names, (std::vector<std::string>{"ids", "empty", "w.a", "w.b", "flags"}));
}

// Byte for byte what Python's safetensors writes for {"a": [1, 2]} with the same metadata.
TEST(Safetensors, AreTheBytesOfTheReference) {
  const TempDir folder;
  const std::vector<TensorView> tensors = {{"a", DType::F32, {2}, std::as_bytes(std::span(kWeights).first(2))}};
  write_safetensors(folder / "x", tensors);
  std::string expected =
      "{\"__metadata__\":{\"format\":\"pt\"},\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}";
  expected.resize((expected.size() + 7) / 8 * 8, ' ');
  const auto size = static_cast<char>(expected.size());
  EXPECT_EQ(contents_of(folder / "x"),
            std::string(1, size) + std::string(7, '\0') + expected + std::string("\0\0\x80\x3f\0\0\0\x40", 8));
}

// A checkpoint that transformers saved: its order, header and padding are those of this writer.
TEST(Safetensors, ACheckpointOfTransformersIsWrittenBackByteForByte) {
  BERTFORGE_REQUIRE_SHARED(path, "oracle/model/tiny/checkpoint/model.safetensors");
  const TempDir folder;
  const SafetensorsFile file(path);
  write_safetensors(folder / "x", file.tensors(), file.metadata());
  EXPECT_TRUE(contents_of(folder / "x") == contents_of(path));
}

TEST(Safetensors, DataStartsAtAMultipleOfEight) {
  const TempDir folder;
  for (const char* name : {"a", "ab", "abc", "abcd", "abcde"}) {
    const std::vector<TensorView> tensors = {{name, DType::U8, {3}, std::as_bytes(std::span(kFlags))}};
    write_safetensors(folder / name, tensors);
    EXPECT_EQ((std::filesystem::file_size(folder / name) - 3) % 8, 0u);
  }
}

TEST(Safetensors, MayHoldNoTensor) {
  const TempDir folder;
  write_safetensors(folder / "x", {});
  EXPECT_TRUE(SafetensorsFile(folder / "x").tensors().empty());
}

TEST(Safetensors, NamesMayHoldAnyLetters) {
  const TempDir folder;
  const std::vector<TensorView> tensors = {{"ü \"\n", DType::U8, {3}, std::as_bytes(std::span(kFlags))}};
  write_safetensors(folder / "x", tensors);
  EXPECT_NE(SafetensorsFile(folder / "x").find("ü \"\n"), nullptr);
}

TEST(Safetensors, SayWhichTensorIsMissing) {
  const TempDir folder;
  write_safetensors(folder / "x", toy_tensors());
  const SafetensorsFile file(folder / "x");
  EXPECT_EQ(file.find("none"), nullptr);
  EXPECT_ERROR(file.get("none"), ErrorKind::kInput, "x: there is no tensor \"none\"");
}

TEST(Safetensors, MovingAFileKeepsItsViews) {
  const TempDir folder;
  write_safetensors(folder / "x", toy_tensors());
  SafetensorsFile first(folder / "x");
  const SafetensorsFile second = std::move(first);
  std::int64_t id = 0;
  std::memcpy(&id, second.get("ids").data.data(), sizeof id);
  EXPECT_EQ(id, 7);
}

TEST(Safetensors, WritingRefusesDataThatDoesNotFitItsShape) {
  const TempDir folder;
  const std::vector<TensorView> tensors = {{"a", DType::F32, {3}, std::as_bytes(std::span(kWeights))}};
  EXPECT_ERROR(write_safetensors(folder / "x", tensors), ErrorKind::kInternal, "a has 24 bytes, not 12");
}

TEST(Safetensors, WritingRefusesTwoTensorsOfOneName) {
  const TempDir folder;
  const TensorView tensor = {"a", DType::F32, {6}, std::as_bytes(std::span(kWeights))};
  EXPECT_ERROR(write_safetensors(folder / "x", std::vector{tensor, tensor}), ErrorKind::kInternal,
               "two tensors are called a");
}

TEST(Safetensors, AFullDiskIsAnErrorOfTheEnvironment) {
  EXPECT_ERROR(write_safetensors("/dev/full", toy_tensors()), ErrorKind::kEnvironment, "No space left on device");
}

TEST(DTypes, HaveTheNamesAndSizesOfTheFormat) {
  EXPECT_EQ(dtype_name(DType::BF16), "BF16");
  EXPECT_EQ(dtype_name(DType::BOOL), "BOOL");
  EXPECT_EQ(dtype_name(DType::I64), "I64");
  EXPECT_EQ(dtype_size(DType::U8), 1u);
  EXPECT_EQ(dtype_size(DType::F16), 2u);
  EXPECT_EQ(dtype_size(DType::F32), 4u);
  EXPECT_EQ(dtype_size(DType::F64), 8u);
}

}  // namespace
}  // namespace bertforge
