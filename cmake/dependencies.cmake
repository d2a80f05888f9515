# The libraries that the rooms link, each as an imported target; docs/dependencies.md says what each is for.
#
#   CLI11::CLI11  ICU::uc  ICU::i18n  nlohmann_json::nlohmann_json  sentencepiece::sentencepiece  spdlog::spdlog
#   tomlplusplus::tomlplusplus  Threads::Threads, and for tests GTest::gmock_main

macro(bertforge_require package)
  find_package(${package} ${ARGN} QUIET)
  if(NOT ${package}_FOUND)
    message(FATAL_ERROR "${package} was not found: run tools/setup, which installs what is missing.")
  endif()
endmacro()

set(THREADS_PREFER_PTHREAD_FLAG ON)
bertforge_require(Threads)
bertforge_require(CLI11)
bertforge_require(ICU COMPONENTS uc i18n)
bertforge_require(nlohmann_json)
bertforge_require(spdlog)
bertforge_require(tomlplusplus)
bertforge_require(Python3 COMPONENTS Interpreter)

# Debian's sentencepiece has a pkg-config file and no CMake one. Its two libraries are one target here.
bertforge_require(PkgConfig)
pkg_check_modules(sentencepiece QUIET IMPORTED_TARGET sentencepiece)
if(NOT sentencepiece_FOUND)
  message(FATAL_ERROR "sentencepiece was not found: run tools/setup, which installs what is missing.")
endif()
add_library(sentencepiece::sentencepiece ALIAS PkgConfig::sentencepiece)

if(BERTFORGE_BUILD_TESTS)
  bertforge_require(GTest)
endif()
