#pragma once
// The makers in the table of pairing.cpp, one source each.

#include <memory>

#include "bertforge/data/pairing.h"

namespace bertforge {

std::unique_ptr<Pairing> make_nsp_pairing(const PairingConfig& config);
std::unique_ptr<Pairing> make_sop_pairing(const PairingConfig& config);
std::unique_ptr<Pairing> make_d2l_pairing(const PairingConfig& config);
std::unique_ptr<Pairing> make_packed_pairing(const PairingConfig& config);

}  // namespace bertforge
