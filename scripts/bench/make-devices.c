// Makes and removes many device-mapper devices in one process, a few microseconds each. Reads orders, one a
// line:
//   create NAME UUID START LENGTH TARGET PARAMETERS   create, load a table of one target, resume; UUID - is
//   none message NAME TEXT                                 a message to the target at sector 0 remove NAME
#define _GNU_SOURCE
#include <errno.h>
#include <unistd.h>

#include "control.h"

enum { kBuffer = 16384, kLine = 4096 };

static int control;
static union {
  struct dm_ioctl header;
  char bytes[kBuffer];
} buffer;

static void fail(const char* what, const char* name) {
  fprintf(stderr, "make-devices: %s %s: ", what, name);
  perror(NULL);
  exit(EXIT_FAILURE);
}

static char* next_word(char** rest) {
  char* word = strsep(rest, " ");
  return word == NULL ? "" : word;
}

// The rest of a line, which may be empty.
static const char* text_of(char* rest) { return rest == NULL ? "" : rest; }

static void request(unsigned long command, const char* what, const char* name) {
  if (ioctl(control, command, &buffer.header) != 0) fail(what, name);
}

static void create(const char* name, char* rest) {
  const char* uuid = next_word(&rest);
  start_request(&buffer.header, kBuffer, name);
  if (strcmp(uuid, "-") != 0) snprintf(buffer.header.uuid, sizeof(buffer.header.uuid), "%s", uuid);
  request(DM_DEV_CREATE, "create", name);

  start_request(&buffer.header, kBuffer, name);
  buffer.header.target_count = 1;
  struct dm_target_spec* spec = (struct dm_target_spec*)(buffer.bytes + sizeof(buffer.header));
  memset(spec, 0, sizeof(*spec));
  spec->sector_start = strtoull(next_word(&rest), NULL, 10);
  spec->length = strtoull(next_word(&rest), NULL, 10);
  snprintf(spec->target_type, sizeof(spec->target_type), "%s", next_word(&rest));
  snprintf((char*)(spec + 1), kLine, "%s", text_of(rest));
  request(DM_TABLE_LOAD, "load the table of", name);

  // Without the suspend flag this is a resume: it puts the loaded table to use.
  start_request(&buffer.header, kBuffer, name);
  request(DM_DEV_SUSPEND, "resume", name);
}

static void message(const char* name, char* rest) {
  start_request(&buffer.header, kBuffer, name);
  struct dm_target_msg* told = (struct dm_target_msg*)(buffer.bytes + sizeof(buffer.header));
  told->sector = 0;
  snprintf(told->message, kLine, "%s", text_of(rest));
  request(DM_TARGET_MSG, "send a message to", name);
}

// Where there is a udevd, it may still look at a device that was just made: wait for it, at most 5 s.
static void remove_device(const char* name) {
  for (int tries = 500; tries > 0; --tries) {
    start_request(&buffer.header, kBuffer, name);
    if (ioctl(control, DM_DEV_REMOVE, &buffer.header) == 0) return;
    if (errno != EBUSY) break;
    usleep(10000);
  }
  fail("remove", name);
}

int main(void) {
  control = open_control();
  char line[kLine];
  while (fgets(line, sizeof(line), stdin) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    char* rest = line;
    const char* order = next_word(&rest);
    const char* name = next_word(&rest);
    if (strcmp(order, "create") == 0) {
      create(name, rest);
    } else if (strcmp(order, "message") == 0) {
      message(name, rest);
    } else if (strcmp(order, "remove") == 0) {
      remove_device(name);
    } else {
      fprintf(stderr, "make-devices: unknown order '%s'\n", order);
      return 2;
    }
  }
  return EXIT_SUCCESS;
}
