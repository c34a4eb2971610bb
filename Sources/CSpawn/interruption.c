#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "cspawn.h"

static atomic_int first_signal;
static atomic_int count;
static int pipe_ends[2] = {-1, -1};

// A first signal asks for a stop, a second changes nothing (the clean-up is under way), a third ends the process
// at once; the supervisor cleans up even then.
static void handle(int number) {
  int saved = errno;
  int none = 0;
  atomic_compare_exchange_strong(&first_signal, &none, number);
  if (atomic_fetch_add(&count, 1) >= 2) _exit(128 + number);
  // Nobody ever reads it: from the first byte on it wakes all who poll.
  ssize_t written = write(pipe_ends[1], "", 1);
  (void)written;
  errno = saved;
}

int cspawn_interruption_install(void) {
  if (pipe_ends[0] >= 0) return pipe_ends[0];
  if (pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK) != 0) return -1;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  sigfillset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
  for (unsigned index = 0; index < sizeof signals / sizeof *signals; index++) {
    // One that is ignored stays so: `nohup`, and background jobs of a shell.
    struct sigaction previous;
    sigaction(signals[index], NULL, &previous);
    if (previous.sa_handler == SIG_IGN) continue;
    action.sa_handler = handle;
    sigaction(signals[index], &action, NULL);
  }
  signal(SIGPIPE, SIG_IGN);
  // A file that grows above a limit (ulimit -f) is a failed write, as one to a full disk is.
  signal(SIGXFSZ, SIG_IGN);
  return pipe_ends[0];
}

int cspawn_interruption_pending(void) { return atomic_load(&first_signal); }

int cspawn_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }
