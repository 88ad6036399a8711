// A device-mapper that fails on demand, for machines without one and for failures that no kernel gives at will.
// One object is both halves: preloaded, it answers for /dev/mapper/control; opened as the library, it answers for
// libdevmapper. What real kernels do is tested in test/kernel.
//
//   FAKE_OPEN_ERRNO     opening the control node fails with this errno
//   FAKE_VERSION_ERRNO  the version ioctl fails with this errno
//   FAKE_RUN_ERRNO      every query after the first contact fails with this errno
//   FAKE_NO_THREAD      starting a thread fails
//   FAKE_COUNT          devices, called d0, d1, ... with numbers 254:0, 254:1, ...
//   FAKE_HANG           comma-separated names whose status hangs while the file FAKE_HANG_FILE exists
//   FAKE_PARAMS         status and table parameters of every device;  FAKE_TARGET its target
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define CONTROL "/dev/mapper/control"

static int number(const char *name, int otherwise) {
  const char *text = getenv(name);
  return text == NULL ? otherwise : atoi(text);
}

int open(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  int mode = va_arg(arguments, int);
  va_end(arguments);
  if (strcmp(path, CONTROL) != 0) return syscall(SYS_openat, AT_FDCWD, path, flags, mode);
  int error = number("FAKE_OPEN_ERRNO", 0);
  if (error == 0) return syscall(SYS_openat, AT_FDCWD, "/dev/null", flags, 0);
  errno = error;
  return -1;
}

int open64(const char *path, int flags, ...) __attribute__((alias("open")));

int ioctl(int fd, unsigned long request, ...) {
  va_list arguments;
  va_start(arguments, request);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  if (request != DM_VERSION) return syscall(SYS_ioctl, fd, request, argument);
  int error = number("FAKE_VERSION_ERRNO", 0);
  if (error != 0) {
    errno = error;
    return -1;
  }
  struct dm_ioctl *header = argument;
  header->version[1] = 47;
  return 0;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
  if (getenv("FAKE_NO_THREAD") != NULL) return EAGAIN;
  int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) = dlsym(RTLD_NEXT, "pthread_create");
  return create(thread, attributes, start, argument);
}

enum { INFO = 6, DEPS = 7, STATUS = 10, TABLE = 11, LIST = 13 };

struct dm_task {
  int type;
  int index;
  int error;
  char name[128];
  char params[4096];
  void *answer;
};

typedef void (*log_fn)(int, const char *, int, int, const char *, ...);
static log_fn log_line;

int dm_get_library_version(char *version, size_t size) { return snprintf(version, size, "1.02.0-fake") > 0; }
void dm_log_with_errno_init(log_fn function) { log_line = function; }
int dm_set_name_mangling_mode(int mode) { return mode == 0; }
void dm_hold_control_dev(int hold) { (void)hold; }
void dm_lib_release(void) {}

struct dm_task *dm_task_create(int type) {
  struct dm_task *task = calloc(1, sizeof(*task));
  task->type = type;
  task->index = -1;
  return task;
}

void dm_task_destroy(struct dm_task *task) {
  free(task->answer);
  free(task);
}

int dm_task_set_name(struct dm_task *task, const char *name) {
  snprintf(task->name, sizeof(task->name), "%s", name);
  if (sscanf(name, "d%d", &task->index) != 1) task->index = -1;
  return 1;
}

int dm_task_set_uuid(struct dm_task *task, const char *uuid) { return dm_task_set_name(task, uuid); }
int dm_task_set_newuuid(struct dm_task *task, const char *uuid) { return task != NULL && uuid != NULL; }

int dm_task_set_major_minor(struct dm_task *task, int major, int minor, int fallback) {
  (void)fallback;
  task->index = major == 254 ? minor : -1;
  snprintf(task->name, sizeof(task->name), "d%d", minor);
  return 1;
}

int dm_task_no_flush(struct dm_task *task) { return task != NULL; }
int dm_task_secure_data(struct dm_task *task) { return task != NULL; }

static int hangs(const char *name) {
  const char *list = getenv("FAKE_HANG");
  const char *file = getenv("FAKE_HANG_FILE");
  if (list == NULL || file == NULL || access(file, F_OK) != 0) return 0;
  for (const char *found = list; (found = strstr(found, name)) != NULL; found++)
    if (found[strlen(name)] == ',' || found[strlen(name)] == '\0') return 1;
  return 0;
}

int dm_task_run(struct dm_task *task) {
  while (task->type == STATUS && hangs(task->name)) usleep(2000);
  task->error = task->type == 9 ? 0 : number("FAKE_RUN_ERRNO", 0);
  if (task->error == 0 && task->type == DEPS && task->index < 0) task->error = ENXIO;
  if (task->error == 0) return 1;
  if (log_line != NULL) log_line(3, "fake", 1, 0, "device-mapper: ioctl on %s failed", task->name);
  errno = task->error;
  return 0;
}

int dm_task_get_errno(struct dm_task *task) { return task->error; }

struct info {
  int exists, suspended, live_table, inactive_table;
  int32_t open_count;
  uint32_t event_nr, major, minor;
  int read_only;
  int32_t target_count;
  int deferred_remove, internal_suspend;
};

int dm_task_get_info(struct dm_task *task, struct info *info) {
  memset(info, 0, sizeof(*info));
  info->exists = task->index >= 0 && task->index < number("FAKE_COUNT", 2);
  info->live_table = info->exists;
  info->major = 254;
  info->minor = (uint32_t)task->index;
  return 1;
}

const char *dm_task_get_name(const struct dm_task *task) { return task->name; }
const char *dm_task_get_uuid(const struct dm_task *task) { return task->index % 2 ? "LVM-fake" : ""; }

void *dm_task_get_deps(struct dm_task *task) {
  struct {
    uint32_t count, filler;
    uint64_t device[1];
  } *deps = calloc(1, sizeof(*deps));
  deps->count = 1;
  deps->device[0] = makedev(7, 0);
  return task->answer = deps;
}

void *dm_task_get_names(struct dm_task *task) {
  const size_t record = 64;
  int count = number("FAKE_COUNT", 2);
  char *list = calloc((size_t)count + 1, record);
  for (int index = 0; index < count; index++) {
    char *at = list + (size_t)index * record;
    uint64_t dev = makedev(254, index);
    uint32_t next = index + 1 < count ? (uint32_t)record : 0;
    memcpy(at, &dev, sizeof(dev));
    memcpy(at + 8, &next, sizeof(next));
    sprintf(at + 12, "d%d", index);
  }
  return task->answer = list;
}

void *dm_task_get_versions(struct dm_task *task) {
  struct {
    uint32_t next, version[3];
    char name[16];
  } *versions = calloc(1, sizeof(*versions));
  versions->version[0] = 1;
  strcpy(versions->name, "linear");
  return task->answer = versions;
}

void *dm_get_next_target(struct dm_task *task, void *next, uint64_t *start, uint64_t *length, char **target,
                         char **params) {
  (void)next;
  const char *text = getenv("FAKE_PARAMS");
  const char *type = getenv("FAKE_TARGET");
  snprintf(task->params, sizeof(task->params), "%s", text == NULL ? "" : text);
  *start = 0;
  *length = 2048;
  *target = (char *)(type == NULL ? "linear" : type);
  *params = task->params;
  return NULL;
}
