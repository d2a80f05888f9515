#include "bertforge/formats/npy.h"

#include <cstring>

#include "bertforge/base/files.h"
#include "support/error_matchers.h"
#include "support/temp_dir.h"

namespace bertforge {
namespace {

using testing::TempDir;

TEST(Npy, HasTheHeadThatNumpyWritesAndTheRowsBehindIt) {
  const TempDir dir;
  NpyWriter writer(dir / "a.npy", 3);
  writer.write_rows(std::vector<float>{1, 2, 3});
  writer.write_rows(std::vector<float>{4, 5, 6, 7, 8, 9});
  EXPECT_EQ(writer.num_rows(), 3);
  writer.publish();

  const std::string file = read_file(dir / "a.npy");
  ASSERT_EQ(file.size(), 128u + 9 * sizeof(float));
  EXPECT_EQ(file.substr(0, 10), std::string("\x93NUMPY\x01\x00\x76\x00", 10));
  EXPECT_EQ(file.substr(10, file.find('}') - 9), "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 3), }");
  EXPECT_EQ(file[127], '\n');
  float last = 0;
  std::memcpy(&last, file.data() + file.size() - sizeof last, sizeof last);
  EXPECT_EQ(last, 9);
}

TEST(Npy, WithoutRowsItIsAnEmptyArray) {
  const TempDir dir;
  NpyWriter writer(dir / "a.npy", 5);
  writer.publish();
  EXPECT_NE(read_file(dir / "a.npy").find("'shape': (0, 5)"), std::string::npos);
}

TEST(Npy, IsNotThereBeforeItIsPublished) {
  const TempDir dir;
  {
    NpyWriter writer(dir / "a.npy", 2);
    writer.write_rows(std::vector<float>{1, 2});
    EXPECT_FALSE(path_exists(dir / "a.npy"));
  }
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

TEST(Npy, HalfARowIsABugOfOurs) {
  const TempDir dir;
  NpyWriter writer(dir / "a.npy", 2);
  EXPECT_ERROR(writer.write_rows(std::vector<float>{1, 2, 3}), ErrorKind::kInternal, "3 values in rows of 2");
}

}  // namespace
}  // namespace bertforge
