#pragma once
// Figures as people read them; independent of the locale. For logs, tables and pages.

#include <cstdint>
#include <optional>
#include <string>

namespace bertforge {

std::string fixed_text(double value, int digits);              // "3.990"
std::string grouped_text(std::int64_t value);                  // "22,768,820"
std::string time_text(double seconds);                         // "19 min 8 s"
std::string rounded_text(double value);                        // To six digits: "0.00015", "1250.5"
std::string or_dash(std::optional<double> value, int digits);  // "-" for nothing
std::string or_dash(std::optional<std::int64_t> value);

}  // namespace bertforge
