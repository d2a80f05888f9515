#include "bertforge/model/device.h"

#include <ATen/Context.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cstdlib>
#include <new>

#include "bertforge/base/cpu.h"
#include "bertforge/base/error.h"
#include "bertforge/base/field_list.h"
#include "bertforge/base/memory.h"
#include "bertforge/kernels/kernel_table.h"
#include "bertforge/model/cuda_devices.h"

namespace bertforge {
namespace {

at::Device resolve_cuda(const std::string& name) {
  if (const std::string why = why_no_cuda(); !why.empty()) {
    fail(ErrorKind::kUsage, "--device ", name, ": no CUDA device can be used: ", why, "; --device cpu works here");
  }
  const auto count = static_cast<int>(at::detail::getCUDAHooks().deviceCount());
  const at::Device device(name);
  if (device.has_index() && device.index() >= count) {
    fail(ErrorKind::kUsage, "--device ", name, ": this machine has ", count, " CUDA devices, numbered from 0");
  }
  return at::Device(at::kCUDA, device.has_index() ? device.index() : static_cast<at::DeviceIndex>(0));
}

struct NamedPrecision {
  const char* name;
  Precision precision;
  at::ScalarType type;
};

constexpr NamedPrecision kPrecisions[] = {{"float32", Precision::kFloat32, at::kFloat},
                                          {"bfloat16", Precision::kBfloat16, at::kBFloat16},
                                          {"float16", Precision::kFloat16, at::kHalf}};

const NamedPrecision& find_precision(Precision precision) {
  return *std::ranges::find(kPrecisions, precision, &NamedPrecision::precision);
}

Precision fastest_precision(at::Device device) {
  if (device.is_cpu()) {
    return cpu_has("avx512_bf16") || cpu_has("amx_bf16") ? Precision::kBfloat16 : Precision::kFloat32;
  }
  const auto number = static_cast<std::size_t>(device.has_index() ? device.index() : 0);
  return cuda_devices().at(number).multiplies_bfloat16() ? Precision::kBfloat16 : Precision::kFloat16;
}

constexpr auto kAllBytes = static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE);

c10::DeviceAllocator& allocator_of(at::Device device) { return *c10::getDeviceAllocator(device.type()); }

bool is_cuda_name(const std::string& name) {
  if (name == "cuda") return true;
  return name.size() > 5 && name.size() < 8 && name.starts_with("cuda:") &&
         name.find_first_not_of("0123456789", 5) == std::string::npos;
}

}  // namespace

Precision resolve_precision(const std::string& name, at::Device device) {
  if (name == "auto") return fastest_precision(device);
  for (const NamedPrecision& known : kPrecisions) {
    if (name != known.name) continue;
    if (known.precision == Precision::kFloat16 && device.is_cpu()) {
      fail(ErrorKind::kUsage, "precision float16 is for CUDA devices; on the CPU it is float32 or bfloat16");
    }
    return known.precision;
  }
  fail(ErrorKind::kUsage, "precision is \"", name, "\"; ", allowed_names(name, precision_names()));
}

std::string resolve_kernels(const std::string& name) {
  const char* const variable = std::getenv("BERTFORGE_KERNELS");
  const bool is_forced = name == "auto" && variable != nullptr && *variable != '\0';
  const std::string choice = is_forced ? variable : name, origin = is_forced ? "BERTFORGE_KERNELS" : "kernels";
  if (choice == "plain") return choice;
  const std::vector<std::string> names = kernel_choices();
  if (std::ranges::find(names, choice) == names.end()) {
    fail(ErrorKind::kUsage, origin, ": \"", choice, "\" is not known; ", allowed_names(choice, names));
  }
  return find_kernel_level(choice, origin).name;
}

std::vector<std::string> kernel_choices() {
  std::vector<std::string> names = kernel_level_names();
  names.insert(names.begin() + 1, "plain");
  return names;
}

std::vector<std::string> precision_names() {
  std::vector<std::string> names;
  for (const NamedPrecision& known : kPrecisions) names.emplace_back(known.name);
  names.emplace_back("auto");
  return names;
}

std::string to_string(Precision precision) { return find_precision(precision).name; }

at::ScalarType scalar_type(Precision precision) { return find_precision(precision).type; }

void set_float32_matmul(const std::string& name, at::Device device) {
  const std::vector<std::string> names = float32_matmul_names();
  if (std::ranges::find(names, name) == names.end()) {
    fail(ErrorKind::kUsage, "float32_matmul is \"", name, "\"; ", allowed_names(name, names));
  }
  if (name != "highest" && !device.is_cuda()) {
    fail(ErrorKind::kUsage, "float32_matmul \"", name, "\" has no effect on ", device.str(),
         ": TF32 is of CUDA devices; leave it out");
  }
  at::globalContext().setFloat32MatmulPrecision(name);
}

std::vector<std::string> float32_matmul_names() { return {"highest", "high"}; }

at::Device resolve_device(const std::string& name) {
  if (name == "cpu") return at::kCPU;
  if (name == "auto") return why_no_cuda().empty() ? resolve_cuda("cuda") : at::Device(at::kCPU);
  if (is_cuda_name(name)) return resolve_cuda(name);
  fail(ErrorKind::kUsage, "--device ", name, " is not a device; it must be cpu, cuda, cuda:N or auto");
}

std::optional<std::int64_t> available_memory(at::Device device) {
  if (device.is_cpu()) return available_memory();
  const auto free = static_cast<std::int64_t>(allocator_of(device).getMemoryInfo(device.index()).first);
  return free + allocator_of(device).getDeviceStats(device.index()).reserved_bytes[kAllBytes].current;
}

std::int64_t peak_memory(at::Device device) {
  if (device.is_cpu()) return peak_memory();
  return allocator_of(device).getDeviceStats(device.index()).allocated_bytes[kAllBytes].peak;
}

void wait_for(at::Device device) {
  if (!device.is_cpu()) c10::impl::VirtualGuardImpl(device.type()).synchronizeDevice(device.index());
}

bool is_out_of_memory(const std::exception& error) {
  if (dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr) return true;
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return true;
  const auto* const torch_error = dynamic_cast<const c10::Error*>(&error);
  if (torch_error == nullptr) return false;
  const std::string text = torch_error->what_without_backtrace();
  return text.find("allocate memory") != std::string::npos || text.find("out of memory") != std::string::npos;
}

}  // namespace bertforge
