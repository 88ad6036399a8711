// Raises events: reads orders "NAME OTHER COUNT MICROSECONDS", one a line, and renames the device NAME to
// OTHER and back, COUNT times in all, with a pause before each. A renaming is one ioctl, and an event. The
// answer is one line: when each was issued, in nanoseconds of CLOCK_MONOTONIC.
#define _GNU_SOURCE
#include <signal.h>
#include <unistd.h>

#include "control.h"
#include "rounds.h"

enum { kMost = 1000, kBuffer = 1024 };

static void rename_device(int control, const char* name, const char* other) {
  static union {
    struct dm_ioctl header;
    char bytes[kBuffer];
  } buffer;
  start_request(&buffer.header, kBuffer, name);
  snprintf(buffer.bytes + sizeof(buffer.header), DM_NAME_LEN, "%s", other);
  if (ioctl(control, DM_DEV_RENAME, &buffer.header) == 0) return;
  perror(name);
  exit(EXIT_FAILURE);
}

int main(void) {
  const int control = open_control();
  // Whoever interrupts the benchmark finds the device under its own name: this ends with standard input.
  for (const int* number = (const int[]){SIGHUP, SIGINT, SIGTERM, 0}; *number != 0; ++number)
    signal(*number, SIG_IGN);
  char names[2][DM_NAME_LEN];
  int count;
  useconds_t pause;
  while (scanf("%127s %127s %d %u", names[0], names[1], &count, &pause) == 4) {
    static int64_t issued[kMost];
    if (count > kMost) return 2;
    for (int index = 0; index < count; ++index) {
      usleep(pause);
      issued[index] = nanoseconds();
      rename_device(control, names[index % 2], names[(index + 1) % 2]);
    }
    // What waits for the last one is not disturbed by this answer.
    usleep(pause);
    for (int index = 0; index < count; ++index) printf("%" PRId64 " ", issued[index]);
    printf("\n");
    fflush(stdout);
  }
  return EXIT_SUCCESS;
}
