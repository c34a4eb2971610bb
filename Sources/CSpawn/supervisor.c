// The supervisor: a process between the harness and everything that it starts.
//
// - It starts every child on the harness's behalf, each in a process group of its own, and reports its end.
// - It notices the harness's end, whatever its way (also SIGKILL), as end of file on their socket. Then it kills
//   its children and all that descends from them (it is their subreaper: what leaves a group, or loses its
//   parent, becomes its child), and removes the folders that it was told to.
// - Should the supervisor itself be killed, the kernel kills its children (PR_SET_PDEATHSIG).
//
// It is forked without exec, possibly from a process with threads: nothing here may call malloc or stdio.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cspawn.h"

enum { SOCKET = 3, CHILDREN_MAX = 512 };

static pid_t self;

static struct {
  pid_t pid;  // 0: free
  int status;
} children[CHILDREN_MAX];

static char folders[CSPAWN_FOLDERS_MAX][CSPAWN_PATH_MAX];

// ---- the process table ----

struct dirent_kernel {
  uint64_t inode;
  int64_t offset;
  uint16_t length;
  uint8_t type;
  char name[];
};

// Reads parent and group of a process; 0 when it is gone.
static int look_at(pid_t pid, pid_t *parent, pid_t *group) {
  char path[32] = "/proc/";
  char digits[12];
  int length = 0;
  for (pid_t rest = pid; rest > 0; rest /= 10) digits[length++] = (char)('0' + rest % 10);
  char *end = path + 6;
  while (length > 0) *end++ = digits[--length];
  memcpy(end, "/stat", 6);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  char text[512];
  ssize_t count = read(file, text, sizeof text - 1);
  close(file);
  if (count <= 0) return 0;
  text[count] = 0;
  // pid (name) state ppid pgrp …: the name may hold anything, parentheses too.
  char *field = strrchr(text, ')');
  if (field == NULL || strlen(field) < 5) return 0;
  *parent = (pid_t)strtol(field + 4, &field, 10);
  *group = (pid_t)strtol(field, NULL, 10);
  return 1;
}

static int descends_from_self(pid_t parent) {
  for (int step = 0; step < 1000 && parent > 1; step++) {
    if (parent == self) return 1;
    pid_t group;
    if (!look_at(parent, &parent, &group)) return 0;
  }
  return 0;
}

// Sends a signal to all that descend from the supervisor, or to those of them in one group.
static void signal_descendants(pid_t only_group, int number) {
  int folder = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  char buffer[8192] __attribute__((aligned(8)));
  long length;
  while ((length = syscall(SYS_getdents64, folder, buffer, sizeof buffer)) > 0) {
    for (long position = 0; position < length;) {
      struct dirent_kernel *entry = (struct dirent_kernel *)(buffer + position);
      position += entry->length;
      pid_t pid = (pid_t)strtol(entry->name, NULL, 10);
      pid_t parent, group;
      if (pid <= 1 || pid == self || !look_at(pid, &parent, &group)) continue;
      if (only_group != 0 && group != only_group) continue;
      if (descends_from_self(parent)) kill(pid, number);
    }
  }
  close(folder);
}

// ---- children ----

static void tell(int descriptor, int32_t kind, int32_t value) {
  struct cspawn_status status = {kind, value};
  ssize_t written = write(descriptor, &status, sizeof status);
  (void)written;
}

static void reap(void) {
  int status;
  pid_t pid;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    for (int index = 0; index < CHILDREN_MAX; index++) {
      if (children[index].pid != pid) continue;
      if (WIFEXITED(status))
        tell(children[index].status, CSPAWN_EXITED, WEXITSTATUS(status));
      else
        tell(children[index].status, CSPAWN_SIGNALED, WTERMSIG(status));
      close(children[index].status);
      children[index].pid = 0;
      break;
    }
  }
}

// Becomes the program; returns an errno when that fails.
static int become(const struct cspawn_request *request, const int *fds, int *stage) {
  size_t bytes = (size_t)request->block_bytes;
  size_t pointers = (size_t)request->argc + (size_t)request->envc + 2;
  char *text = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, fds[CSPAWN_FD_BLOCK], 0);
  char **vector = mmap(NULL, pointers * sizeof *vector, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (text == MAP_FAILED || vector == MAP_FAILED) return errno;
  char *end = text + bytes;
  char *folder = text;
  text += strlen(text) + 1;
  char *program = text;
  char **slot = vector;
  for (int32_t index = 0; index < request->argc + request->envc; index++) {
    text += strlen(text) + 1;
    if (text >= end) return EINVAL;
    // One null pointer ends the arguments, the one that the mapping ends with the environment.
    if (index == request->argc) slot++;
    *slot++ = text;
  }
  char **environment = vector + request->argc + 1;

  if (request->flags & CSPAWN_SERVER) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
      limit.rlim_cur = limit.rlim_max;
      setrlimit(RLIMIT_NOFILE, &limit);
    }
    int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (file >= 0) {
      ssize_t written = write(file, "500", 3);
      (void)written;
      close(file);
    }
  }
  for (int number = 0; number < 3; number++)
    if (dup2(fds[CSPAWN_FD_STDIN + number], number) < 0) return errno;
  *stage = 1;
  if (chdir(folder) != 0) return errno;
  *stage = 2;
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  execve(program, vector, environment);
  return errno;
}

static void spawn(const struct cspawn_request *request, const int *fds) {
  int slot = 0;
  while (slot < CHILDREN_MAX && children[slot].pid != 0) slot++;
  pid_t pid = slot < CHILDREN_MAX ? fork() : (errno = EAGAIN, -1);
  if (pid == 0) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    // The supervisor may have died before the line above.
    if (getppid() != self) _exit(127);
    int stage = 0;
    int failure = become(request, fds, &stage);
    tell(fds[CSPAWN_FD_EXEC], stage, failure);
    _exit(127);
  }
  if (pid < 0) {
    tell(fds[CSPAWN_FD_EXEC], 0, errno);
    close(fds[CSPAWN_FD_STATUS]);
  } else {
    setpgid(pid, pid);
    children[slot].pid = pid;
    children[slot].status = fds[CSPAWN_FD_STATUS];
    tell(fds[CSPAWN_FD_STATUS], CSPAWN_STARTED, pid);
  }
  for (int index = 0; index < CSPAWN_FD_COUNT; index++)
    if (index != CSPAWN_FD_STATUS) close(fds[index]);
}

static void signal_group(pid_t group, int number) {
  if (group <= 1) return;
  for (int index = 0; index < CHILDREN_MAX; index++) {
    if (children[index].pid != group) continue;
    // Not reaped yet, so the number can't have become another's.
    kill(-group, number);
    return;
  }
  signal_descendants(group, number);
}

// ---- folders ----

static void register_folder(const char *path) {
  for (int index = 0; index < CSPAWN_FOLDERS_MAX; index++) {
    if (folders[index][0] != 0) continue;
    strcpy(folders[index], path);
    return;
  }
}

static void forget_folder(const char *path) {
  for (int index = 0; index < CSPAWN_FOLDERS_MAX; index++)
    if (strcmp(folders[index], path) == 0) folders[index][0] = 0;
}

static void pause_milliseconds(int milliseconds) {
  struct timespec time = {milliseconds / 1000, (milliseconds % 1000) * 1000000L};
  nanosleep(&time, NULL);
}

static void remove_folders(void) {
  for (int index = 0; index < CSPAWN_FOLDERS_MAX; index++) {
    const char *path = folders[index];
    struct stat status;
    if (path[0] == 0 || lstat(path, &status) != 0 || status.st_uid != geteuid()) continue;
    // Something outside of our hands may hold on for a moment.
    for (int attempt = 0; cspawn_remove_tree(path) != 0 && attempt < 10; attempt++) pause_milliseconds(50);
  }
}

// ---- the loop ----

static void kill_everything(int signals) {
  // A process that the kernel can't end (stuck in a device) must not keep the supervisor for ever: 30 s.
  for (int attempt = 0; attempt < 3000; attempt++) {
    for (int index = 0; index < CHILDREN_MAX; index++)
      if (children[index].pid != 0) kill(-children[index].pid, SIGKILL);
    signal_descendants(0, SIGKILL);
    reap();
    if (waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD) return;
    struct pollfd entry = {signals, POLLIN, 0};
    if (poll(&entry, 1, 10) > 0) {
      struct signalfd_siginfo info;
      ssize_t count = read(signals, &info, sizeof info);
      (void)count;
    }
  }
}

// Handles one request; 0 at the harness's end.
static int handle_request(void) {
  static struct cspawn_request request;
  union {
    char bytes[CMSG_SPACE(sizeof(int) * CSPAWN_FD_COUNT)];
    struct cmsghdr align;
  } control;
  struct iovec part = {&request, sizeof request};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes,
                           .msg_controllen = sizeof control.bytes};
  ssize_t count = recvmsg(SOCKET, &message, MSG_CMSG_CLOEXEC);
  if (count < 0) return errno == EINTR || errno == EAGAIN;
  if (count == 0) return 0;
  int fds[CSPAWN_FD_COUNT];
  int received = 0;
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
    received = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    memcpy(fds, CMSG_DATA(header), (size_t)received * sizeof(int));
  }
  request.path[CSPAWN_PATH_MAX - 1] = 0;
  if (request.kind == CSPAWN_SPAWN && received == CSPAWN_FD_COUNT) {
    spawn(&request, fds);
    return 1;
  }
  // Without all its descriptors (there were too many open) a spawn fails: its pipes close without a word.
  for (int index = 0; index < received; index++) close(fds[index]);
  if (request.kind == CSPAWN_SIGNAL) signal_group(request.pid, request.signal);
  if (request.kind == CSPAWN_REMOVE) register_folder(request.path);
  if (request.kind == CSPAWN_KEEP) forget_folder(request.path);
  return 1;
}

static void close_all_but(int socket) {
  int null = open("/dev/null", O_RDWR);
  for (int number = 0; number < 3; number++) dup2(null, number);
  if (socket != SOCKET) dup3(socket, SOCKET, O_CLOEXEC);
#ifdef SYS_close_range
  if (syscall(SYS_close_range, SOCKET + 1, ~0U, 0) == 0) return;
#endif
  long limit = sysconf(_SC_OPEN_MAX);
  for (int number = SOCKET + 1; number < limit; number++) close(number);
}

static void supervise(int socket) {
  self = getpid();
  setsid();
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  // Not the harness's name: who kills that by name should spare the one that cleans up after it.
  prctl(PR_SET_NAME, "sandbox-keeper");
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  close_all_but(socket);
  if (chdir("/") != 0) _exit(1);

  // All signals stay blocked, so none but SIGKILL and SIGSTOP reaches it.
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  int signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  struct pollfd entries[] = {{SOCKET, POLLIN, 0}, {signals, POLLIN, 0}};
  for (;;) {
    if (poll(entries, 2, -1) < 0) continue;
    if (entries[1].revents != 0) {
      struct signalfd_siginfo info;
      ssize_t count = read(signals, &info, sizeof info);
      (void)count;
      reap();
    }
    if (entries[0].revents != 0 && !handle_request()) break;
  }
  kill_everything(signals);
  remove_folders();
  _exit(0);
}

// ---- the harness's side ----

// Restored data, keys and passwords must not end in a core dump: neither this process's nor that of what it starts.
static void forbid_core_dumps(void) {
  struct rlimit none = {0, 0};
  getrlimit(RLIMIT_CORE, &none);
  none.rlim_cur = 0;
  setrlimit(RLIMIT_CORE, &none);
  // The limit doesn't hold for dumps that the kernel pipes to a program (core(5)); this leaves them without memory.
  int file = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  ssize_t written = write(file, "0", 1);
  (void)written;
  close(file);
}

// Who starts the harness may have closed some of these. The next thing that is opened would get the number, and be
// written to as standard output is.
static void open_standard_streams(void) {
  for (int number = 0; number < 3; number++)
    while (fcntl(number, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDWR) >= 0) {}
}

int cspawn_start(int32_t *supervisor) {
  signal(SIGPIPE, SIG_IGN);
  open_standard_streams();
  forbid_core_dumps();

  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return -1;
  // No handler of the harness may run in the supervisor.
  sigset_t all, previous;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &previous);
  pid_t pid = fork();
  if (pid == 0) supervise(ends[1]);
  int failure = errno;
  sigprocmask(SIG_SETMASK, &previous, NULL);
  close(ends[1]);
  if (pid < 0) {
    close(ends[0]);
    errno = failure;
    return -1;
  }
  *supervisor = pid;
  return ends[0];
}

int cspawn_send(int socket, const struct cspawn_request *request, const int fds[CSPAWN_FD_COUNT]) {
  union {
    char bytes[CMSG_SPACE(sizeof(int) * CSPAWN_FD_COUNT)];
    struct cmsghdr align;
  } control;
  memset(&control, 0, sizeof control);
  struct iovec part = {(void *)request, sizeof *request};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (request->kind == CSPAWN_SPAWN) {
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * CSPAWN_FD_COUNT);
    memcpy(CMSG_DATA(header), fds, sizeof(int) * CSPAWN_FD_COUNT);
  }
  while (sendmsg(socket, &message, MSG_NOSIGNAL) < 0)
    if (errno != EINTR) return errno;
  return 0;
}

int cspawn_memory_file(void) { return memfd_create("mongodrill-spawn", MFD_CLOEXEC); }
