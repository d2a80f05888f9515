#pragma once
// The program: a table of commands, and the choice of one by its name.
//
// Fed by tools/bertforge.cpp with the command line; each command is one function in a file of its own,
// src/app/NAME_command.cpp.

#include <span>
#include <string>
#include <vector>

namespace bertforge {

using Arguments = std::vector<std::string>;  // What follows the command's name.

struct Command {
  std::string name, help;
  int (*run)(const Arguments& arguments);  // Gives the exit code; faults are Errors.
};

// Every command of this build, in the order of the stream: from text to a trained model.
std::span<const Command> commands();

// `bertforge ARGUMENTS...`: runs the command that the first one names. Error(kUsage) with the nearest name.
int run_program(const Arguments& arguments);

}  // namespace bertforge
