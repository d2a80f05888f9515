# The function that makes the tests of a room.

include(GoogleTest)

# ctest reads this before it runs anything: what tests find in their environment, unless it is there already.
set(BERTFORGE_SHARED "${PROJECT_SOURCE_DIR}/../shared" CACHE PATH "Folder of the oracles and data that tests read")
file(REAL_PATH "${BERTFORGE_SHARED}" shared_folder)
file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/test_environment.cmake" @ONLY CONTENT [=[
if(NOT DEFINED ENV{BERTFORGE_SHARED})
  set(ENV{BERTFORGE_SHARED} "@shared_folder@")
endif()
set(ENV{BERTFORGE_SOURCE_DIR} "@PROJECT_SOURCE_DIR@")
set(ENV{BERTFORGE_BINARY_DIR} "@PROJECT_BINARY_DIR@")
]=])
set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${PROJECT_BINARY_DIR}/test_environment.cmake")

# bertforge_test(<room> [NAME <binary>] SOURCES <file>... [LINK <target>...] [TORCH] [SLOW])
#
# Makes the GoogleTest binary <room>_test (or NAME, for a second one) linked with the room.
#   TORCH  the tests use LibTorch: one ctest entry for the binary, whose start-up costs more than its tests;
#          others have an entry a test
#   SLOW   labelled `slow`: tools/test --quick leaves them out
# Tests include helpers as "support/file.h" and find BERTFORGE_SOURCE_DIR (this repository), BERTFORGE_BINARY_DIR (the
# build, with the program `bertforge`) and BERTFORGE_SHARED (the oracles) in their environment.
function(bertforge_test room)
  cmake_parse_arguments(PARSE_ARGV 1 test "TORCH;SLOW" "NAME" "SOURCES;LINK")
  bertforge_check_arguments("bertforge_test(${room})" test)
  set(binary ${room}_test)
  if(test_NAME)
    set(binary ${test_NAME})
  endif()

  add_executable(${binary} ${test_SOURCES})
  target_include_directories(${binary} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
  target_link_libraries(${binary} PRIVATE bertforge::${room} ${test_LINK} GTest::gmock_main)
  bertforge_configure_target(${binary} ${test_TORCH})

  set(properties TIMEOUT 300)
  if(test_SLOW)
    set(properties TIMEOUT 1800 LABELS slow)
  endif()
  if(test_TORCH)
    add_test(NAME ${binary} COMMAND ${binary})
    # LibTorch takes both cores of a small machine: two such tests at once would only wait for each other.
    set_tests_properties(${binary} PROPERTIES PROCESSORS 2 ${properties})
  else()
    gtest_discover_tests(${binary} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 PROPERTIES ${properties})
  endif()
endfunction()
