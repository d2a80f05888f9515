#include "bertforge/kernels/kernel_table.h"

#include <algorithm>

#include "attention_scratch.h"
#include "bertforge/base/cpu.h"
#include "bertforge/base/error.h"
#include "bertforge/base/field_list.h"
#include "levels/tables.h"

namespace bertforge {
namespace {

bool is_permitted(const KernelLevel& level) { return level.request == nullptr || level.request(); }

bool is_supported(const KernelLevel& level) {
  return std::ranges::all_of(level.cpu_features, cpu_has) && is_permitted(level);
}

const KernelLevel& best_level() {
  const auto& levels = kernel_levels();  // "portable", the first, is always supported.
  return *std::ranges::find_if(levels.rbegin(), levels.rend(), is_supported);
}

}  // namespace

const std::vector<KernelLevel>& kernel_levels() {
  static const std::vector<KernelLevel> levels = {
      {"portable", {}, &kPortableKernels},
#ifdef __x86_64__
      {"avx2", {"avx2", "fma"}, &kAvx2Kernels},
      {"avx512", {"avx512f", "avx512bw", "avx512dq", "avx512vl"}, &kAvx512Kernels},
      {"avx512_bf16", {"avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512_bf16"}, &kAvx512Bf16Kernels},
      {"amx",
       {"avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512_bf16", "amx_tile", "amx_bf16"},
       &kAmxKernels,
       request_amx},
#endif
  };
  return levels;
}

std::vector<const KernelLevel*> supported_kernel_levels() {
  std::vector<const KernelLevel*> supported;
  for (const KernelLevel& level : kernel_levels()) {
    if (is_supported(level)) supported.push_back(&level);
  }
  return supported;
}

const KernelLevel& find_kernel_level(const std::string& name, const std::string& origin) {
  if (name == "auto") {
    static const KernelLevel& best = best_level();
    return best;
  }
  const auto found = std::ranges::find(kernel_levels(), name, &KernelLevel::name);
  if (found == kernel_levels().end()) {
    fail(ErrorKind::kUsage, origin, ": \"", name, "\" is not known; ", allowed_names(name, kernel_level_names()));
  }
  for (const std::string& feature : found->cpu_features) {
    if (!cpu_has(feature)) {
      fail(ErrorKind::kUsage, origin, ": \"", name, "\" needs a CPU with ", feature, "; this one (", cpu_name(),
           ") runs up to \"", supported_kernel_levels().back()->name, "\"");
    }
  }
  if (!is_permitted(*found)) {
    fail(ErrorKind::kUsage, origin, ": \"", name, "\": the system does not let this program use it (arch_prctl: ",
         "Linux from 5.16 on does); the best that it does is \"", supported_kernel_levels().back()->name, "\"");
  }
  return *found;
}

template <>
bool prefers_own_gemm<float>(const KernelTable& table) {
  // MKL chooses slower code on other makers' CPUs, whatever instructions they have.
  return &table != &kPortableKernels && cpu_vendor() != "GenuineIntel";
}

template <>
bool prefers_own_gemm<Bfloat16>(const KernelTable& table) {
#ifdef __x86_64__
  if (&table == &kAmxKernels) return true;
#endif
  return &table != &kPortableKernels && !cpu_has("avx512_bf16");
}

std::vector<std::string> kernel_level_names() {
  std::vector<std::string> names = {"auto"};
  for (const KernelLevel& level : kernel_levels()) names.push_back(level.name);
  return names;
}

std::int64_t attention_scratch_size(std::int64_t length, std::int64_t head_size) {
  constexpr std::int64_t kWidestPair = 32;  // Of AVX-512; enough for all levels.
  return std::max(simd::attention_floats(length, head_size, kWidestPair),
                  simd::amx_attention_floats(length, head_size));
}

}  // namespace bertforge
