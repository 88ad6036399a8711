// Runs a command once for every order, as a monitoring agent does: starts the process, reads all it prints,
// waits for its end. It does not know devices: the answer is "NANOSECONDS 0 BYTES", the length of the output.
// bench.mjs looks into the output once and expects the same length from then on.
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rounds.h"

extern char** environ;

static char** command;

static void check(int error, const char* what) {
  if (error == 0) return;
  fprintf(stderr, "%s: %s: %s\n", command[0], what, strerror(error));
  exit(EXIT_FAILURE);
}

static struct seen ask(const char* name) {
  (void)name;
  struct seen seen = {0, 0};
  int ends[2];
  pid_t child;
  posix_spawn_file_actions_t actions;
  if (pipe2(ends, O_CLOEXEC) != 0) {
    perror("pipe2");
    exit(EXIT_FAILURE);
  }
  check(posix_spawn_file_actions_init(&actions), "prepare");
  check(posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO), "prepare");
  check(posix_spawnp(&child, command[0], &actions, NULL, command, environ), "start");
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  static char output[65536];
  ssize_t length;
  while ((length = read(ends[0], output, sizeof(output))) > 0) seen.bytes += (size_t)length;
  close(ends[0]);
  int status;
  if (waitpid(child, &status, 0) == child && status == 0) return seen;
  fprintf(stderr, "%s: failed with wait status %d\n", command[0], status);
  exit(EXIT_FAILURE);
}

int main(int count, char** arguments) {
  if (count < 2) {
    fputs("Usage: process-loop COMMAND [ARGUMENT]...\n", stderr);
    return 2;
  }
  command = arguments + 1;
  return follow_orders(ask);
}
