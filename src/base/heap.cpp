#include "bertforge/base/heap.h"

#include <cstdlib>  // Says whether this is glibc.

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace bertforge {

void give_back_memory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

void share_one_heap() {
#ifdef __GLIBC__
  mallopt(M_ARENA_MAX, 1);
#endif
}

}  // namespace bertforge
