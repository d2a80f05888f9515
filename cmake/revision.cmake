# Writes OUTPUT, a header with the version and the git revision of SOURCE_DIR, unless it says the same already.
execute_process(COMMAND git -C "${SOURCE_DIR}" describe --always --dirty --abbrev=12 --exclude=*
                OUTPUT_VARIABLE revision OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT revision)
  set(revision "unknown")
endif()
file(CONFIGURE OUTPUT "${OUTPUT}" @ONLY CONTENT [=[
#pragma once
#define BERTFORGE_VERSION "@VERSION@"
#define BERTFORGE_GIT_REVISION "@revision@"
]=])
