# The functions that make a room; testing.cmake has the one that makes its tests.

# bertforge_add_folders(FOLDER...): add_subdirectory of those that have a CMakeLists.txt, in the order given.
function(bertforge_add_folders)
  foreach(folder IN LISTS ARGN)
    if(EXISTS "${PROJECT_SOURCE_DIR}/${folder}/CMakeLists.txt")
      add_subdirectory("${PROJECT_SOURCE_DIR}/${folder}" "${PROJECT_BINARY_DIR}/${folder}")
    endif()
  endforeach()
endfunction()

# bertforge_add_rooms(ROOM...): src/ROOM and, with BERTFORGE_BUILD_TESTS, tests/ROOM.
function(bertforge_add_rooms)
  foreach(room IN LISTS ARGN)
    bertforge_add_folders(src/${room})
    if(BERTFORGE_BUILD_TESTS)
      bertforge_add_folders(tests/${room})
    endif()
  endforeach()
endfunction()

# Refuses misspelt keywords and a missing SOURCES, where CMake alone would stay silent.
function(bertforge_check_arguments call prefix)
  if(${prefix}_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "${call}: unknown arguments ${${prefix}_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT ${prefix}_SOURCES)
    message(FATAL_ERROR "${call} names no SOURCES")
  endif()
endfunction()

# What rooms and tests have in common: the warnings and, where torch is true, LibTorch with the shared precompiled header.
function(bertforge_configure_target target torch)
  target_link_libraries(${target} PRIVATE bertforge::warnings)
  if(torch)
    target_link_libraries(${target} PUBLIC bertforge::libtorch)
    target_precompile_headers(${target} REUSE_FROM bertforge_torch_pch)
  endif()
endfunction()

# bertforge_room(<name> SOURCES <file>... [DEPENDS <room>...] [LINK <target>...] [LINK_PUBLIC <target>...] [TORCH])
#
# Makes the static library bertforge::<name> from files of this folder; its public headers are include/bertforge/<name>.
#   DEPENDS      rooms above this one
#   LINK         libraries that only the room's sources see
#   LINK_PUBLIC  libraries that its headers show
#   TORCH        the room uses LibTorch
function(bertforge_room name)
  cmake_parse_arguments(PARSE_ARGV 1 room "TORCH" "" "SOURCES;DEPENDS;LINK;LINK_PUBLIC")
  bertforge_check_arguments("bertforge_room(${name})" room)

  add_library(bertforge_${name} STATIC ${room_SOURCES})
  add_library(bertforge::${name} ALIAS bertforge_${name})
  target_include_directories(bertforge_${name} PUBLIC "${PROJECT_SOURCE_DIR}/include")
  list(TRANSFORM room_DEPENDS PREPEND bertforge::)
  target_link_libraries(bertforge_${name} PUBLIC ${room_DEPENDS} ${room_LINK_PUBLIC} PRIVATE ${room_LINK})
  bertforge_configure_target(bertforge_${name} ${room_TORCH})
endfunction()
