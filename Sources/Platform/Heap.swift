internal import CSpawn
internal import Glibc

/// What the C library's allocator keeps of freed memory, which all parts of the program, libmongoc too, take theirs from.
package enum Heap {
  /// Bounds what it keeps; at a program's start, before there are threads.
  package static func configure() {
    // Threads share two arenas: each of eight per core would keep what was freed in it.
    mallopt(M_ARENA_MAX, 2)
    // Every block from 4 MiB on goes back to the system when it is freed. By itself glibc raises that bound as it sees
    // large blocks come and go, up to 32 MiB: a restore of documents of 16 MiB took 600 MiB where it needed 160. What is
    // smaller stays for the next batches.
    mallopt(M_MMAP_THRESHOLD, 4 << 20)
    mallopt(M_TRIM_THRESHOLD, 16 << 20)
  }

  /// Gives memory that isn't in use any more back to the system.
  package static func trim() { malloc_trim(0) }
}
