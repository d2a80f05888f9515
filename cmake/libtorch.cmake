# LibTorch as imported targets made from the include/ and lib/ of a torch wheel or of a LibTorch archive.
#
# LibTorch's own find_package(Torch) probes for a CUDA toolkit even where only the CPU libraries are wanted, and with
# C++20 that probe fails in CMake 3.25. The headers and two libraries are all that a CPU program needs.
#
#   bertforge::libtorch    what a room links: headers, c10 and torch_cpu, and with BERTFORGE_WITH_CUDA the CUDA libraries
#   bertforge_torch_pch    owns the precompiled LibTorch headers that the Torch rooms and their tests share

if(BERTFORGE_WITH_CUDA)
  set(default_libtorch "${PROJECT_SOURCE_DIR}/.deps/libtorch_cuda")
else()
  set(default_libtorch "${PROJECT_SOURCE_DIR}/.deps/libtorch")
endif()
if(DEFINED ENV{BERTFORGE_LIBTORCH})
  set(default_libtorch "$ENV{BERTFORGE_LIBTORCH}")
endif()
set(BERTFORGE_LIBTORCH "${default_libtorch}" CACHE PATH "Folder with LibTorch's include/ and lib/")

set(libtorch_parts c10 torch_cpu)
if(BERTFORGE_WITH_CUDA)
  list(APPEND libtorch_parts c10_cuda torch_cuda)
endif()

set(needed_files include/torch/csrc/api/include/torch/torch.h)
foreach(part IN LISTS libtorch_parts)
  list(APPEND needed_files lib/lib${part}.so)
endforeach()
foreach(file IN LISTS needed_files)
  if(NOT EXISTS "${BERTFORGE_LIBTORCH}/${file}")
    if(BERTFORGE_WITH_CUDA)
      set(advice "Run tools/setup --cuda")
    else()
      set(advice "Run tools/setup")
    endif()
    message(FATAL_ERROR "No LibTorch in ${BERTFORGE_LIBTORCH}: ${file} is missing there.\n"
            "${advice}, or name a LibTorch with -DBERTFORGE_LIBTORCH=DIR, "
            "or build without training: cmake --preset text.")
  endif()
endforeach()

add_library(bertforge_libtorch INTERFACE)
add_library(bertforge::libtorch ALIAS bertforge_libtorch)
target_include_directories(bertforge_libtorch SYSTEM INTERFACE
                           "${BERTFORGE_LIBTORCH}/include" "${BERTFORGE_LIBTORCH}/include/torch/csrc/api/include")
# at::parallel_for is a template that runs on one thread where it is compiled without OpenMP. The wheel's lib/ has the libgomp that
# LibTorch was linked with; it stands first in the search path, and so there is one pool of threads.
target_compile_options(bertforge_libtorch INTERFACE -fopenmp)
target_link_options(bertforge_libtorch INTERFACE -fopenmp)
target_compile_definitions(bertforge_libtorch INTERFACE _GLIBCXX_USE_CXX11_ABI=1)
target_link_libraries(bertforge_libtorch INTERFACE Threads::Threads)

# CMake puts lib/ into the run path of what links these; their own run paths lead to libcudart and libcupti.
foreach(part IN LISTS libtorch_parts)
  add_library(bertforge::libtorch_${part} SHARED IMPORTED)
  set_target_properties(bertforge::libtorch_${part} PROPERTIES
                        IMPORTED_LOCATION "${BERTFORGE_LIBTORCH}/lib/lib${part}.so" IMPORTED_NO_SONAME ON)
endforeach()
target_link_libraries(bertforge_libtorch INTERFACE bertforge::libtorch_torch_cpu bertforge::libtorch_c10)

if(BERTFORGE_WITH_CUDA)
  # Nothing of ours names a symbol of these: they register CUDA's kernels when they are loaded.
  target_link_libraries(bertforge_libtorch INTERFACE
                        -Wl,--push-state,--no-as-needed bertforge::libtorch_torch_cuda bertforge::libtorch_c10_cuda
                        -Wl,--pop-state)
  # The CUDA headers of the wheels (tools/setup --cuda puts them there), else those of an installed toolkit.
  find_path(BERTFORGE_CUDA_INCLUDE cuda_runtime_api.h
            HINTS "${BERTFORGE_LIBTORCH}/cuda/include" "${BERTFORGE_LIBTORCH}/../nvidia/cu13/include"
            PATHS /usr/local/cuda/include)
  if(NOT BERTFORGE_CUDA_INCLUDE)
    message(FATAL_ERROR "cuda_runtime_api.h was not found: run tools/setup --cuda, or name its folder with "
            "-DBERTFORGE_CUDA_INCLUDE=DIR.")
  endif()
  target_include_directories(bertforge_libtorch SYSTEM INTERFACE "${BERTFORGE_CUDA_INCLUDE}")
  target_compile_definitions(bertforge_libtorch INTERFACE BERTFORGE_WITH_CUDA)
endif()

# What our files include of LibTorch costs 20 s and more in a file of its own. Precompiled once, it still costs each file the
# instantiation of its templates (g++ repeats that): 7.7 s for these headers, 11.2 s for the whole of torch/torch.h. Hence these,
# and presets that compile eight files as one (CMAKE_UNITY_BUILD).
file(GENERATE OUTPUT "${PROJECT_BINARY_DIR}/torch_pch/torch_pch.cpp" CONTENT "// Owns the precompiled LibTorch headers.\n")
add_library(bertforge_torch_pch STATIC "${PROJECT_BINARY_DIR}/torch_pch/torch_pch.cpp")
target_link_libraries(bertforge_torch_pch PUBLIC bertforge::libtorch PRIVATE bertforge::warnings)
target_precompile_headers(bertforge_torch_pch PRIVATE
  <torch/types.h> <torch/utils.h> <torch/autograd.h> <torch/nn/modules/linear.h> <torch/nn/modules/container/modulelist.h>)
