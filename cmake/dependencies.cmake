# The libraries that the rooms link, each as an imported target; docs/dependencies.md says what each is for.
#
#   BZip2::BZip2  CLI11::CLI11  ICU::uc  ICU::i18n  LibLZMA::LibLZMA  nlohmann_json::nlohmann_json
#   sentencepiece::sentencepiece  spdlog::spdlog  tomlplusplus::tomlplusplus  Threads::Threads  ZLIB::ZLIB  zstd::zstd,
#   and for tests GTest::gmock_main

macro(bertforge_require package)
  find_package(${package} ${ARGN} QUIET)
  if(NOT ${package}_FOUND)
    message(FATAL_ERROR "${package} was not found: run tools/setup, which installs what is missing.")
  endif()
endmacro()

set(THREADS_PREFER_PTHREAD_FLAG ON)
bertforge_require(Threads)
bertforge_require(BZip2)
bertforge_require(CLI11)
bertforge_require(ICU COMPONENTS uc i18n)
bertforge_require(LibLZMA)
bertforge_require(nlohmann_json)
bertforge_require(spdlog)
bertforge_require(tomlplusplus)
bertforge_require(ZLIB)
bertforge_require(Python3 COMPONENTS Interpreter)

# Debian's sentencepiece and zstd have a pkg-config file and no CMake one. sentencepiece's two libraries are one target here.
bertforge_require(PkgConfig)
macro(bertforge_require_by_pkg_config name module)
  pkg_check_modules(${name} QUIET IMPORTED_TARGET ${module})
  if(NOT ${name}_FOUND)
    message(FATAL_ERROR "${name} was not found: run tools/setup, which installs what is missing.")
  endif()
  add_library(${name}::${name} ALIAS PkgConfig::${name})
endmacro()
bertforge_require_by_pkg_config(sentencepiece sentencepiece)
bertforge_require_by_pkg_config(zstd libzstd)

if(BERTFORGE_BUILD_TESTS)
  bertforge_require(GTest)
endif()
