#include "bertforge/distributed/process_group.h"

#include <torch/types.h>

#include <algorithm>
#include <exception>

#include "bertforge/base/error.h"

namespace bertforge {
namespace {

struct DoneCall : PendingCall {
  void wait() override {}
};

class SoloGroup : public ProcessGroup {
 public:
  int rank() const override { return 0; }
  int num_ranks() const override { return 1; }
  std::unique_ptr<PendingCall> start_sum(const at::Tensor&) override { return std::make_unique<DoneCall>(); }
  std::unique_ptr<PendingCall> start_copy(const at::Tensor&, int) override { return std::make_unique<DoneCall>(); }
  std::vector<std::string> gather_on_first(const std::string& text) override { return {text}; }
  std::string told_by_first(const std::string& text) override { return text; }
  void meet() override {}
  void check() override {}
  void say_failure(const std::string&) override {}
};

template <class Value>
std::vector<Value> total_of(ProcessGroup& group, std::vector<Value> values) {
  if (group.is_alone() || values.empty()) return values;
  // A tensor that owns its memory: where the call fails, a thread of the engine may still write there.
  const at::Tensor sums = at::tensor(values, c10::CppTypeToScalarType<Value>::value);
  group.sum(sums);
  std::copy_n(sums.const_data_ptr<Value>(), values.size(), values.begin());
  return values;
}

}  // namespace

std::vector<std::int64_t> ProcessGroup::total(const std::vector<std::int64_t>& values) {
  return total_of(*this, values);
}

std::vector<double> ProcessGroup::total(const std::vector<double>& values) { return total_of(*this, values); }

ProcessGroup& solo_group() {
  static SoloGroup group;  // It has no state.
  return group;
}

int run_as_rank(ProcessGroup& group, const std::function<int()>& body) {
  try {
    return body();
  } catch (const std::exception& error) {
    group.say_failure(first_line(error.what()));
    throw;
  }
}

}  // namespace bertforge
