#include "bertforge/base/error.h"

namespace bertforge::error_detail {

void fail_check(const char* condition, const char* file, int line, const std::string& message) {
  fail(ErrorKind::kInternal, "internal error: ", file, ":", line, ": ", condition, message.empty() ? "" : ": ",
       message);
}

}  // namespace bertforge::error_detail
