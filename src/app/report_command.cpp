// bertforge report RUN [--output FILE]

#include "bertforge/report/run_report.h"

#include <iostream>

#include "bertforge/app/command_line.h"
#include "bertforge/base/files.h"
#include "bertforge/checkpoint/paths.h"
#include "command_functions.h"

namespace bertforge {

int report_command(const Arguments& arguments) {
  std::string folder, output;
  CommandLine line(
      "report", "Writes a run's curves, evaluations, settings and machine as one HTML page, which needs no network.");
  line.argument("run", folder, "The folder of a run, finished or under way");
  line.options().add("--output", output, "The page; without, report.html in the run folder");
  if (!line.parse(arguments)) return 0;

  const std::string page = run_report_html(read_full_run(folder));
  const std::filesystem::path file = output.empty() ? RunPaths{folder}.report_html() : std::filesystem::path(output);
  write_file_atomic(file, page);
  std::cout << file.string() << '\n';
  return 0;
}

}  // namespace bertforge
