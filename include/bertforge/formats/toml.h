#pragma once
// Config files: TOML read into a list of settings, and written from one.
//
// Fed by the files that the user names; feeds every XConfig through base/field_list.h. toml++ does the parsing.

#include <filesystem>
#include <string>

#include "bertforge/base/field_list.h"

namespace bertforge {

// Sets the fields that the file names, checks each, and keeps FILE:LINE as its origin; the others stay as they are.
// Error(kUsage) at the first line that is no TOML, names no field, or holds a value of the wrong type or beyond bounds.
void read_toml_file(const std::filesystem::path& path, FieldList& fields);

// Every field under its section, in the order of the list; read_toml_file gives the same values back, bit for bit.
// `with_help`: above each stands what it is, what it may be and, unless it is the default, where its value came from.
std::string dump_toml(const FieldList& fields, bool with_help);

}  // namespace bertforge
