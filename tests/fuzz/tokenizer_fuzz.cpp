// The libFuzzer target: any bytes are a case (fuzz_case.h), and every case must hold (tokenizer_properties.h).
//
// build/fuzz/tests/fuzz/tokenizer_fuzz FOLDER goes on until it finds something; with a file it repeats that one.

#include <cstdio>
#include <cstdlib>

#include "fuzz/tokenizer_properties.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string fault = bertforge::find_tokenizer_fault(bertforge::spell_fuzz_case({data, size}));
  if (!fault.empty()) {
    std::fputs(fault.c_str(), stderr);
    std::abort();
  }
  return 0;
}
