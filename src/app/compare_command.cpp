// bertforge compare RUN... [--output FILE.html] [--json]

#include <iostream>

#include "bertforge/app/common_options.h"
#include "bertforge/base/files.h"
#include "bertforge/base/log.h"
#include "bertforge/report/comparison.h"
#include "command_functions.h"

namespace bertforge {

int compare_command(const Arguments& arguments) {
  std::vector<std::string> folders;
  std::string output;
  bool as_json = false;
  CommandLine line("compare",
                   "Prints a table of runs: how fast they are, their held-out losses, and when each was first as good\n"
                   "as the first run is at its end; and the settings in which they differ.");
  line.arguments("run", folders, "The folders of runs, finished or under way");
  line.options().add("--output", output, "Write a page with the curves of all runs too: FILE.html");
  add_json_flag(line, as_json);
  if (!line.parse(arguments)) return 0;

  std::vector<RunRecord> runs;
  for (const std::string& folder : folders) runs.push_back(read_run(folder));
  const Comparison comparison = compare_runs(std::move(runs));
  if (!output.empty()) {
    write_file_atomic(output, comparison_html(comparison));
    log_info("wrote ", output);
  }
  std::cout << (as_json ? comparison_json(comparison) + "\n" : comparison_text(comparison));
  return 0;
}

}  // namespace bertforge
