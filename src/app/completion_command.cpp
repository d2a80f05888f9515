// bertforge completion bash|zsh|fish
//
// The scripts know no command and no option: they ask the program, `bertforge --list-commands` and
// `bertforge COMMAND --list-options`, so they stay right when it changes.

#include <algorithm>
#include <iostream>

#include "bertforge/app/command_line.h"
#include "bertforge/base/error.h"
#include "command_functions.h"

namespace bertforge {
namespace {

constexpr const char* kBash = R"bash(# Completion of bertforge for bash: source <(bertforge completion bash)
_bertforge() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local program=${COMP_WORDS[0]/#\~/$HOME} command=${COMP_WORDS[1]} name values help
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W "$("$program" --list-commands 2>/dev/null | cut -f 1) --help --version" -- "$current"))
    return
  fi
  while IFS=$'\x1f' read -r name values help; do
    if [[ $name == "$previous" && $values != - ]]; then
      if [[ -n $values ]]; then COMPREPLY=($(compgen -W "$values" -- "$current")); fi
      return # Otherwise a file, as bash completes it.
    fi
    if [[ $current == -* && $name == "$current"* ]]; then COMPREPLY+=("$name"); fi
  done < <("$program" "$command" --list-options 2>/dev/null | tr '\t' '\037')
}
complete -o default -F _bertforge bertforge
)bash";

constexpr const char* kZsh = R"zsh(#compdef bertforge
# Completion of bertforge for zsh: source <(bertforge completion zsh), after compinit
_bertforge() {
  local program=${words[1]} previous=${words[CURRENT - 1]} line
  local -a fields found
  if ((CURRENT == 2)); then
    for line in ${(f)"$($program --list-commands 2>/dev/null)"}; do
      fields=("${(@ps:\t:)line}")
      found+=("${fields[1]}:${fields[2]//:/\\:}")
    done
    _describe command found
    return
  fi
  for line in ${(f)"$($program ${words[2]} --list-options 2>/dev/null)"}; do
    fields=("${(@ps:\t:)line}")
    if [[ ${fields[1]} == $previous && ${fields[2]} != - ]]; then
      if [[ -n ${fields[2]} ]]; then compadd -- ${=fields[2]}; else _files; fi
      return
    fi
    found+=("${fields[1]}:${fields[3]//:/\\:}")
  done
  if [[ $PREFIX == -* ]]; then _describe option found; else _files; fi
}
compdef _bertforge bertforge
)zsh";

constexpr const char* kFish = R"fish(# Completion of bertforge for fish: bertforge completion fish | source
function __bertforge_complete
    set -l words (commandline -opc)
    if test (count $words) -eq 1
        $words[1] --list-commands 2>/dev/null
        return
    end
    set -l options ($words[1] $words[2] --list-options 2>/dev/null)
    for line in $options
        set -l fields (string split \t -- $line)
        if test "$fields[1]" = "$words[-1]"; and test "$fields[2]" != -
            if test -n "$fields[2]"
                string split ' ' -- $fields[2]
            else
                __fish_complete_path (commandline -ct)
            end
            return
        end
    end
    if string match -q -- '-*' (commandline -ct)
        for line in $options
            set -l fields (string split \t -- $line)
            printf '%s\t%s\n' $fields[1] $fields[3]
        end
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c bertforge -f -a '(__bertforge_complete)'
)fish";

struct Shell {
  std::string name;
  const char* script;
};

const std::vector<Shell>& shells() {
  static const std::vector<Shell> table = {{"bash", kBash}, {"zsh", kZsh}, {"fish", kFish}};
  return table;
}

}  // namespace

int completion_command(const Arguments& arguments) {
  std::string name;
  CommandLine line("completion",
                   "Prints a script that completes commands, options and values in a shell: bash, zsh or fish.\n"
                   "For bash, in ~/.bashrc: source <(bertforge completion bash)");
  line.argument("shell", name, "bash, zsh or fish");
  if (!line.parse(arguments)) return 0;

  std::vector<std::string> names;
  for (const Shell& shell : shells()) names.push_back(shell.name);
  const auto shell = std::ranges::find(shells(), name, &Shell::name);
  if (shell == shells().end())
    fail(ErrorKind::kUsage, line.command(), ": there is no script for \"", name, "\"; ", allowed_names(name, names));
  std::cout << shell->script;
  return 0;
}

}  // namespace bertforge
