#pragma once
// What `bertforge benchmark` can measure, each a function in a file of its own.

#include "bertforge/app/program.h"

namespace bertforge {

int benchmark_tokenize(const Arguments& arguments);

}  // namespace bertforge
