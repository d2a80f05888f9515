#pragma once
// Lines in, lines out, in order, over threads: what commands are made of that answer every line by a line.
//
// Memory holds a few blocks of lines for each thread (line_blocks.h), whatever runs through. The output does not depend on
// the number of threads. Where input comes slowly, from a terminal or a pipe, what has arrived is answered before more is
// waited for.
//
// Fed by a command with a function for lines; eaten by standard output.

#include <functional>
#include <string>

#include "bertforge/text/line_blocks.h"

namespace bertforge {

// Appends the answer to a line, without LF, to `output`. An Error ends the pipeline after the answers to all lines before.
//
// A line longer than kMaxLineBytes comes in parts, maybe to several threads; their answers are joined to one line. Where a
// part does not begin its line, its answer opens with what parts it from the one before; a space there goes where nothing
// stands before it. A function that needs whole lines calls refuse_long_line() unless line.is_whole().
using LineFunction = std::function<void(const LinePart& line, std::string& output)>;

// Reads `input` ("-": standard input) to its end and writes the answers to standard output. `make_function` is called once for
// each thread, so that a function may keep what it works with. Warns at the end where bytes were no UTF-8.
void run_line_pipeline(const std::string& input, int num_threads, const std::function<LineFunction()>& make_function,
                       LineBlockSizes sizes = {});

}  // namespace bertforge
