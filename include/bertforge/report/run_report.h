#pragma once
// A run on one page: curves, throughput, what it predicts, evaluations, settings, machine.
//
// Fed by run_record.h; written by `bertforge report`, and by `bertforge pretrain` after each evaluation. docs/reports.md says
// how it is read.

#include <string>

#include "bertforge/report/run_record.h"

namespace bertforge {

std::string run_report_html(const FullRunRecord& run);

}  // namespace bertforge
