#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cspawn.h"

// Plain system calls and the stack alone: the supervisor, forked from a process that may have had threads, must
// not call malloc (opendir does).

enum { MAX_DEPTH = 400 };

struct entry {
  uint64_t inode;
  int64_t offset;
  uint16_t length;
  uint8_t type;
  char name[];
};

static int open_folder(int parent, const char *name) {
  int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  int folder = openat(parent, name, flags);
  if (folder < 0 && errno == EACCES) {
    // One that a program made unreadable. AT_SYMLINK_NOFOLLOW isn't supported by fchmodat, so look first.
    struct stat status;
    if (fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode) &&
        fchmodat(parent, name, 0700, 0) == 0)
      folder = openat(parent, name, flags);
    else
      errno = EACCES;
  }
  return folder;
}

static int empty_folder(int folder, dev_t device, int depth);

static int remove_entry(int folder, const char *name, dev_t device, int depth) {
  if (unlinkat(folder, name, 0) == 0 || errno == ENOENT) return 0;
  if (errno == EACCES) {
    // The folder itself may not be writable.
    fchmod(folder, 0700);
    if (unlinkat(folder, name, 0) == 0) return 0;
  }
  if (errno != EISDIR && errno != EPERM) return errno;
  int failure = errno;
  if (depth >= MAX_DEPTH) return ELOOP;
  int inner = open_folder(folder, name);
  if (inner < 0) return errno == ENOTDIR || errno == ELOOP ? failure : errno;
  failure = empty_folder(inner, device, depth + 1);
  close(inner);
  if (failure != 0) return failure;
  return unlinkat(folder, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : errno;
}

static int empty_folder(int folder, dev_t device, int depth) {
  struct stat status;
  if (fstat(folder, &status) != 0) return errno;
  if (status.st_dev != device) return EXDEV;
  int failure = 0;
  int removed;
  do {
    // Removing while reading may skip entries on some file systems: again until a pass removes none.
    removed = 0;
    failure = 0;
    if (lseek(folder, 0, SEEK_SET) != 0) return errno;
    char buffer[4096] __attribute__((aligned(8)));
    long length;
    while ((length = syscall(SYS_getdents64, folder, buffer, sizeof buffer)) > 0) {
      for (long position = 0; position < length;) {
        struct entry *entry = (struct entry *)(buffer + position);
        position += entry->length;
        if (strcmp(entry->name, ".") == 0 || strcmp(entry->name, "..") == 0) continue;
        int result = remove_entry(folder, entry->name, device, depth);
        if (result == 0)
          removed++;
        else if (failure == 0)
          failure = result;
      }
    }
    if (length < 0) return errno;
  } while (removed > 0);
  return failure;
}

int cspawn_remove_tree(const char *path) {
  int folder = open_folder(AT_FDCWD, path);
  if (folder < 0) {
    if (errno == ENOENT) return 0;
    // A file, or a link, which is removed itself.
    if (errno == ENOTDIR || errno == ELOOP) return unlink(path) == 0 ? 0 : errno;
    return errno;
  }
  struct stat status;
  int failure = fstat(folder, &status) == 0 ? empty_folder(folder, status.st_dev, 0) : errno;
  close(folder);
  if (failure != 0) return failure;
  return rmdir(path) == 0 || errno == ENOENT ? 0 : errno;
}
