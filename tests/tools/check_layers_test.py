"""Tests of tools/check_layers.py on small trees made for them."""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tools"))
import check_layers  # noqa: E402

CMAKE_LISTS = """
bertforge_add_rooms(base text)
if(BERTFORGE_WITH_TORCH)
  bertforge_add_rooms(model
                      train)
endif()
bertforge_add_rooms(app)
"""


class CheckLayersTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.repository = pathlib.Path(folder.name)
        self.write("CMakeLists.txt", CMAKE_LISTS)

    def write(self, path, text):
        file = self.repository / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def violations(self):
        return list(check_layers.violations(self.repository))

    def assert_one_violation(self, *parts):
        found = self.violations()
        self.assertEqual(len(found), 1, found)
        for part in parts:
            self.assertIn(part, found[0])

    def test_rooms_may_include_themselves_and_rooms_above(self):
        self.write("include/bertforge/text/a.h", '#pragma once\n#include "bertforge/base/b.h"\n#include <string>\n')
        self.write("src/text/a.cpp", '#include "bertforge/text/a.h"\n#include "private.h"\n')
        self.write("src/app/a.cpp", '#include "bertforge/train/t.h"\n#include "bertforge/base/b.h"\n')
        self.assertEqual(self.violations(), [])

    def test_a_room_below_is_reported_with_file_and_line(self):
        self.write("src/base/a.cpp", '#include <string>\n\n  #  include "bertforge/text/a.h"\n')
        self.assert_one_violation("src/base/a.cpp:3", "bertforge/text/a.h", "text is below")

    def test_a_room_of_the_second_call_may_not_include_one_further_down_in_it(self):
        self.write("include/bertforge/model/a.h", '#include "bertforge/train/a.h"\n')
        self.assert_one_violation("include/bertforge/model/a.h:1", "train is below")

    def test_folders_that_are_no_rooms_are_reported(self):
        self.write("src/attic/a.cpp", "")
        self.assert_one_violation("attic is no room")

    def test_includes_of_unknown_rooms_are_reported(self):
        self.write("src/app/a.cpp", '#include "bertforge/attic/a.h"\n')
        self.assert_one_violation("src/app/a.cpp:1", "attic is no room")

    def test_spdlog_stays_in_the_log_source(self):
        self.write("src/base/log.cpp", "#include <spdlog/spdlog.h>\n")
        self.assertEqual(self.violations(), [])
        self.write("src/text/a.cpp", "#include <spdlog/spdlog.h>\n")
        self.assert_one_violation("src/text/a.cpp:1", "src/base/log.cpp only")

    def test_rooms_of_the_first_call_know_no_torch(self):
        for header in ("torch/torch.h", "ATen/core/Tensor.h", "c10/util/Half.h"):
            self.write("src/text/a.cpp", f"#include <{header}>\n")
            self.assert_one_violation("src/text/a.cpp:1", "without LibTorch")

    def test_no_file_includes_the_whole_of_torch(self):
        self.write("include/bertforge/model/light.h", "#include <ATen/core/Tensor.h>\n")
        self.write("src/model/a.cpp", "#include <torch/types.h>\n")
        self.assertEqual(self.violations(), [])
        self.write("src/model/a.cpp", "#include <torch/torch.h>\n")
        self.assert_one_violation("src/model/a.cpp:1", "include what is used")

    def test_a_cmake_file_without_rooms_is_an_error(self):
        self.write("CMakeLists.txt", "project(x)\n")
        with self.assertRaises(SystemExit):
            self.violations()


if __name__ == "__main__":
    unittest.main()
