// What the harness needs from the system and cannot do in Swift: a supervisor process that is forked early, and
// a signal handler. See supervisor.c for what the supervisor promises.
#pragma once

// mallopt and malloc_trim, which Swift's own module of the C library leaves out.
#include <malloc.h>
#include <stdint.h>

// ---- interruption.c ----

// Installs the handler of SIGINT, SIGTERM and SIGHUP (those that are not ignored already) and ignores SIGPIPE.
// Returns the descriptor that is readable from the first signal on, or -1 with errno. Idempotent.
int cspawn_interruption_install(void);
// The first signal that came, 0 when none did.
int cspawn_interruption_pending(void);
// pipe2 with O_CLOEXEC.
int cspawn_pipe(int ends[2]);

// ---- counters.c ----

// An argument of this process where the system's list of processes reads it; NULL past the last one.
char *cspawn_argument(int index);

// ---- removal.c ----

// Removes a folder and everything in it. Follows no symbolic link, leaves what lies on another file system.
// Returns 0 (also when it isn't there) or the first errno; what could be removed is gone then too.
// Async-signal-safe.
int cspawn_remove_tree(const char *path);

// ---- supervisor.c ----

// How a spawn asks for its child: the descriptors that go with a request, in this order.
enum {
  CSPAWN_FD_BLOCK,   // a memory file: cwd, program, argv and environment as strings, each with its zero byte
  CSPAWN_FD_STATUS,  // the writing end of a pipe: told cspawn_status
  CSPAWN_FD_EXEC,    // the writing end of a pipe: told an errno when the program can't be started, else closed
  CSPAWN_FD_STDIN,
  CSPAWN_FD_STDOUT,
  CSPAWN_FD_STDERR,
  CSPAWN_FD_COUNT
};

enum { CSPAWN_PATH_MAX = 4096, CSPAWN_FOLDERS_MAX = 256 };

enum {
  CSPAWN_SPAWN = 1,      // a child; argc, envc, flags
  CSPAWN_SIGNAL = 2,     // a signal to the group of pid
  CSPAWN_REMOVE = 3,     // path is to be removed at the end
  CSPAWN_KEEP = 4,       // path is not to be removed any more
};

enum {
  CSPAWN_SERVER = 1,     // as many open files as the system allows, and first to go when memory runs out
};

struct cspawn_request {
  int32_t kind;
  int32_t pid;
  int32_t signal;
  int32_t flags;
  int32_t argc;
  int32_t envc;
  int64_t block_bytes;
  char path[CSPAWN_PATH_MAX];
};

enum { CSPAWN_STARTED = 1, CSPAWN_EXITED = 2, CSPAWN_SIGNALED = 3 };

// What comes out of a child's status pipe: STARTED with its pid, later EXITED or SIGNALED.
struct cspawn_status {
  int32_t kind;
  int32_t value;
};

// Forks the supervisor. Returns the socket that requests go to (closing its last copy ends everything), or -1
// with errno.
int cspawn_start(int32_t *supervisor);
// Sends a request (`fds` only with CSPAWN_SPAWN). Returns 0 or an errno; EPIPE when the supervisor is gone.
int cspawn_send(int socket, const struct cspawn_request *request, const int fds[CSPAWN_FD_COUNT]);
// A memory file for the strings of a spawn; -1 with errno.
int cspawn_memory_file(void);
// Copies up to `bytes` from where one descriptor stands to where the other does, shared where the file system can do
// that. Returns how many, 0 at the end, -1 with errno.
long cspawn_copy_range(int from, int to, long bytes);
