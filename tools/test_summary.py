#!/usr/bin/env python3
"""Sums up test reports: test_summary.py REPORT.xml..., JUnit files of ctest and pytest.

Prints the tests that were skipped, with their reason, and those that failed, and ends with a line
`N passed, N failed, N skipped`. Exits with 1 if a test failed, a report is missing, or a report holds no test that ran.

A GoogleTest binary that is one ctest entry counts as the tests that it ran: a test skipped inside it is seen here, not
hidden behind the binary's success.
"""

import pathlib
import re
import sys
import xml.etree.ElementTree as xml
from typing import Iterator, NamedTuple

GOOGLE_TEST_RESULT = re.compile(r"^\[ *(OK|FAILED|SKIPPED) *\] (\S+?)(?:, where .*)? \(\d+ ms\)$")
OUTCOMES = {"OK": "passed", "FAILED": "failed", "SKIPPED": "skipped"}


class Result(NamedTuple):
    name: str
    outcome: str  # passed, failed or skipped
    reason: str = ""


def google_test_results(output: str) -> Iterator[Result]:
    """The results in a GoogleTest binary's output; the reason of a skip is the text after its `FILE:LINE: Skipped`."""
    reason: list[str] | None = None
    for line in output.splitlines():
        result = GOOGLE_TEST_RESULT.match(line)
        if result:
            yield Result(result[2], OUTCOMES[result[1]], " ".join(reason or []))
            reason = None
        elif line.endswith(": Skipped"):
            reason = []
        elif reason is not None and line.strip():
            reason.append(line.strip())


def entry_result(entry: xml.Element) -> Result:
    """What the runner itself says about an entry."""
    name = entry.get("name", "?")
    if entry.find("failure") is not None or entry.find("error") is not None or entry.get("status") == "fail":
        return Result(name, "failed")
    skipped = entry.find("skipped")
    if skipped is None:
        return Result(name, "passed")
    message = skipped.get("message", "")
    # ctest also says `notrun` of a binary that was not built.
    wanted = entry.get("status") is None or message in ("SKIP_REGULAR_EXPRESSION_MATCHED", "SKIP_RETURN_CODE")
    return Result(name, "skipped" if wanted else "failed", message)


def results(report: pathlib.Path) -> Iterator[Result]:
    for entry in xml.parse(report).iter("testcase"):
        of_entry = entry_result(entry)
        inner = list(google_test_results(entry.findtext("system-out", "")))
        yield from inner
        # A binary may fail without a failed test: it crashed, timed out, or a leak was found at its end.
        if not inner or (of_entry.outcome == "failed" and all(result.outcome != "failed" for result in inner)):
            yield of_entry


def main(reports: list[str]) -> int:
    found: list[Result] = []
    complete = True
    for report in reports:
        of_report = list(results(pathlib.Path(report))) if pathlib.Path(report).exists() else []
        if all(result.outcome == "skipped" for result in of_report):
            print(f"{report}: no test ran")
            complete = False
        found += of_report

    for outcome in ("skipped", "failed"):
        for result in found:
            if result.outcome == outcome:
                print(f"{outcome}: {result.name}" + (f" ({result.reason})" if result.reason else ""))
    counts = {outcome: sum(result.outcome == outcome for result in found) for outcome in OUTCOMES.values()}
    print(", ".join(f"{count} {outcome}" for outcome, count in counts.items()))
    return 0 if complete and counts["failed"] == 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
