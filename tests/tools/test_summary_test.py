"""Tests of tools/test_summary.py on reports as ctest 3.25 and pytest write them."""

import contextlib
import io
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tools"))
import test_summary  # noqa: E402

TORCH_BINARY = """[ RUN      ] Adam.MatchesTheOracle
[       OK ] Adam.MatchesTheOracle (3 ms)
[ RUN      ] Adam.RunsOnCuda
/src/adam_test.cpp:16: Skipped
no CUDA device
here

[  SKIPPED ] Adam.RunsOnCuda (0 ms)
{more}[  PASSED  ] 1 test.
[  SKIPPED ] 1 test, listed below:
[  SKIPPED ] Adam.RunsOnCuda
"""


class TestSummaryTest(unittest.TestCase):
    def summarize(self, *bodies):
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as output:
            reports = []
            for index, body in enumerate(bodies):
                reports.append(f"{folder}/{index}.xml")
                pathlib.Path(reports[-1]).write_text(f"<testsuite>{body}</testsuite>", encoding="utf-8")
            code = test_summary.main(reports)
        return code, output.getvalue().splitlines()

    def test_counts_the_entries_of_all_reports(self):
        code, lines = self.summarize('<testcase name="a" status="run"/>', '<testcase name="b"/><testcase name="c"/>')
        self.assertEqual((code, lines), (0, ["3 passed, 0 failed, 0 skipped"]))

    def test_a_skip_inside_a_binary_is_seen_with_its_reason(self):
        output = TORCH_BINARY.format(more="")
        body = f'<testcase name="train_test" status="run"><system-out>{output}</system-out></testcase>'
        code, lines = self.summarize(body)
        self.assertEqual(code, 0)
        self.assertEqual(lines, ["skipped: Adam.RunsOnCuda (no CUDA device here)", "1 passed, 0 failed, 1 skipped"])

    def test_a_failed_test_inside_a_binary_counts_once(self):
        failed = "[  FAILED  ] Adam.Steps/1, where GetParam() = 3 (1 ms)\n"
        body = (f'<testcase name="train_test" status="fail"><failure message=""/>'
                f"<system-out>{TORCH_BINARY.format(more=failed)}</system-out></testcase>")
        code, lines = self.summarize(body)
        self.assertEqual(code, 1)
        self.assertEqual(lines[-2:], ["failed: Adam.Steps/1", "1 passed, 1 failed, 1 skipped"])

    def test_a_binary_that_crashed_after_passing_tests_fails(self):
        body = ('<testcase name="x_test" status="fail"><failure message=""/>'
                "<system-out>[       OK ] A.B (0 ms)\n[ RUN      ] A.C\n</system-out></testcase>")
        code, lines = self.summarize(body)
        self.assertEqual((code, lines), (1, ["failed: x_test", "1 passed, 1 failed, 0 skipped"]))

    def test_a_binary_that_was_not_built_fails(self):
        body = '<testcase name="x_NOT_BUILT" status="notrun"><skipped message="Unable to find executable"/></testcase>'
        code, lines = self.summarize('<testcase name="a" status="run"/>' + body)
        self.assertEqual(code, 1)
        self.assertEqual(lines[-1], "1 passed, 1 failed, 0 skipped")

    def test_skips_of_pytest_and_ctest_entries_carry_their_message(self):
        code, lines = self.summarize('<testcase name="a"/><testcase name="b"><skipped message="no peer"/></testcase>')
        self.assertEqual((code, lines), (0, ["skipped: b (no peer)", "1 passed, 0 failed, 1 skipped"]))

    def test_a_report_without_a_test_that_ran_is_a_failure(self):
        self.assertEqual(self.summarize("")[0], 1)
        only_skips = '<testcase name="b"><skipped message="x"/></testcase>'
        self.assertEqual(self.summarize('<testcase name="a"/>', only_skips)[0], 1)

    def test_a_missing_report_is_a_failure(self):
        with contextlib.redirect_stdout(io.StringIO()) as output:
            self.assertEqual(test_summary.main(["/nonexistent.xml"]), 1)
        self.assertIn("no test ran", output.getvalue())


if __name__ == "__main__":
    unittest.main()
