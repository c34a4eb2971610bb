#include <stddef.h>
#include <unistd.h>

#include "cspawn.h"

/// libmongoc keeps its counters in /dev/shm/mongoc-PID, made by a constructor of its own. A process that is killed leaves
/// the file behind, and the next process of that number prints a warning when it finds it. So the name goes twice: before
/// any constructor, in case it is an old one, and after them, when the memory is mapped and the name no longer needed.
///
/// Functions in .preinit_array of the executable run first of all (System V ABI, "Initialization and Termination
/// Functions"); libc may not be ready then, so only system calls are made.
static void remove_counters(void) {
  char name[] = "/dev/shm/mongoc-\0\0\0\0\0\0\0\0\0\0\0";
  char digits[11];
  int count = 0;
  for (pid_t pid = getpid(); pid > 0; pid /= 10) digits[count++] = (char)('0' + pid % 10);
  char *at = name;
  while (*at) at++;
  while (count > 0) *at++ = digits[--count];
  unlink(name);
}

__attribute__((section(".preinit_array"), used)) static void (*const before_constructors)(void) = remove_counters;

static char **arguments;
static int argument_count;

// The GNU C library hands constructors what main gets.
#ifdef __GLIBC__
__attribute__((constructor)) static void after_constructors(int argc, char **argv) {
  arguments = argv;
  argument_count = argc;
  remove_counters();
}
#else
__attribute__((constructor)) static void after_constructors(void) { remove_counters(); }
#endif

char *cspawn_argument(int index) { return index < argument_count ? arguments[index] : NULL; }
