// What bench.mjs and its contestants say to each other: a line in is an order, a line out its result.
//   all        ask for the status of all devices
//   one NAME   ask for the status of one device
// The answer is "NANOSECONDS DEVICES BYTES": the time within the contestant, how many devices it saw, and how
// many bytes of parameters.
#pragma once

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct seen {
  size_t devices;
  size_t bytes;
};

// Asks for all devices if `name` is null. Ends the process if the kernel refuses.
typedef struct seen (*status_function)(const char* name);

static inline int64_t nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

// Follows orders until standard input ends.
static inline int follow_orders(status_function ask) {
  char order[256];
  while (fgets(order, sizeof(order), stdin) != NULL) {
    order[strcspn(order, "\n")] = '\0';
    const char* name = strncmp(order, "one ", 4) == 0 ? order + 4 : NULL;
    const int64_t started = nanoseconds();
    const struct seen seen = ask(name);
    const int64_t taken = nanoseconds() - started;
    printf("%" PRId64 " %zu %zu\n", taken, seen.devices, seen.bytes);
    fflush(stdout);
  }
  return EXIT_SUCCESS;
}
