#pragma once
// The maker that pairing.cpp's table names.

#include <memory>

#include "bertforge/data/pairing.h"

namespace bertforge {

std::unique_ptr<Pairing> make_nsp_pairing(const PairingConfig& config);

}  // namespace bertforge
