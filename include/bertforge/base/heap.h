#pragma once
// What the process's allocator keeps of freed memory. For commands whose phases each take much, one after the other.

namespace bertforge {

// Gives memory that was freed back to the system, where the allocator would keep it for later.
void give_back_memory();

// All threads allocate from one heap, so that what one frees serves another; otherwise each keeps what it has freed. Call it
// before the first thread starts.
void share_one_heap();

}  // namespace bertforge
