"""Tests of tools/check_levels.py on what nm prints."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tools"))
import check_levels  # noqa: E402

LISTING = """
dropout.cpp.o:
0000000000000000 W std::array<unsigned int, 4ul>::operator[](unsigned long) const

avx512.cpp.o:
0000000000000000 R bertforge::kAvx512Kernels
0000000000000000 W void bertforge::simd::adamw<bertforge::simd::Avx512>(bertforge::AdamWStep const&, long, long)
0000000000000040 t bertforge::(anonymous namespace)::helper()
"""


class CheckLevelsTest(unittest.TestCase):
    def test_templates_over_the_level_and_other_files_are_left_alone(self):
        self.assertEqual(check_levels.shared_functions(LISTING), [])

    def test_a_function_that_two_levels_would_share_is_named(self):
        shared = LISTING + "0000000000000080 W bertforge::simd::prefetch_row(bertforge::Bfloat16 const*, long)\n"
        self.assertEqual(check_levels.shared_functions(shared),
                         ["avx512.cpp: bertforge::simd::prefetch_row(bertforge::Bfloat16 const*, long)"])

    def test_a_template_over_another_level_is_named(self):
        other = LISTING + "0000000000000080 W void bertforge::simd::adamw<bertforge::simd::Avx512Bf16>(long)\n"
        self.assertEqual(len(check_levels.shared_functions(other)), 1)


if __name__ == "__main__":
    unittest.main()
