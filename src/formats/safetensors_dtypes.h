#pragma once
// Names of dtypes as they stand in files.

#include <optional>
#include <string_view>

#include "bertforge/formats/safetensors.h"

namespace bertforge {

std::optional<DType> dtype_of(std::string_view name);

}  // namespace bertforge
