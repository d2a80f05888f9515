# What holds for every file of our own: the language, the warnings, the sanitizers, the linker.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# Warnings are errors where nobody reads them.
if("$ENV{CI}" STREQUAL "true")
  set(running_in_ci ON)
else()
  set(running_in_ci OFF)
endif()
option(BERTFORGE_WARNINGS_AS_ERRORS "Fail on a warning (the default with CI=true)" ${running_in_ci})

# The flags that own targets get through bertforge::warnings; other people's headers come in as system headers.
add_library(bertforge_warnings INTERFACE)
add_library(bertforge::warnings ALIAS bertforge_warnings)
target_compile_options(bertforge_warnings INTERFACE -Wall -Wextra -Wpedantic
                       $<$<BOOL:${BERTFORGE_WARNINGS_AS_ERRORS}>:-Werror>)

if(BERTFORGE_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ 12 sees uninitialised values in the sanitizers' own instrumentation (GCC bug 105562).
    add_compile_options(-Wno-maybe-uninitialized)
  endif()
  add_link_options(-fsanitize=address,undefined)
endif()

if(BERTFORGE_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "BERTFORGE_FUZZ needs clang, for its libFuzzer: cmake --preset fuzz takes it")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# LibTorch alone is 430 MB: lld and mold link a test binary in a second, GNU ld in several. lld comes first, because mold before 2.4
# (Debian 12 has 1.10) makes programs of which one in some hundreds does not start: "cannot apply additional memory protection after
# relocation", as the layout happens to fall (https://github.com/rui314/mold/issues/1151).
foreach(linker lld mold)
  find_program(BERTFORGE_LINKER_${linker} NAMES ld.${linker})
  mark_as_advanced(BERTFORGE_LINKER_${linker})
  if(NOT BERTFORGE_LINKER_${linker})
    continue()
  endif()
  if(linker STREQUAL "lld" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_FLAGS MATCHES "-flto")
    continue() # It does not read GCC's intermediate code.
  endif()
  if(linker STREQUAL "mold")
    execute_process(COMMAND ${BERTFORGE_LINKER_mold} --version OUTPUT_VARIABLE BERTFORGE_MOLD_VERSION)
    if(BERTFORGE_MOLD_VERSION MATCHES "mold ([0-9.]+)" AND CMAKE_MATCH_1 VERSION_LESS 2.4)
      continue()
    endif()
  endif()
  add_link_options(-fuse-ld=${linker})
  break()
endforeach()
