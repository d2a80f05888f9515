#pragma once
// The tables of a comparison as cells of text, the first row their head: the same in a terminal and on a page.

#include <string>
#include <vector>

#include "bertforge/report/comparison.h"

namespace bertforge {

std::vector<std::vector<std::string>> comparison_cells(const Comparison& comparison);
std::vector<std::vector<std::string>> difference_cells(const Comparison& comparison);  // A column a run

}  // namespace bertforge
