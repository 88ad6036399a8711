// What a C program does with libdevmapper: list all devices, then one task for the status of each, without a
// flush.
#include <libdevmapper.h>
#include <sys/sysmacros.h>

#include "rounds.h"

static struct dm_task* start(int type) {
  struct dm_task* task = dm_task_create(type);
  if (task != NULL) return task;
  fputs("libdevmapper made no task\n", stderr);
  exit(EXIT_FAILURE);
}

static void run(struct dm_task* task) {
  if (dm_task_run(task)) return;
  fputs("libdevmapper's task failed\n", stderr);
  exit(EXIT_FAILURE);
}

static size_t ask_one(const char* name, uint64_t dev) {
  struct dm_task* task = start(DM_DEVICE_STATUS);
  const int set = name == NULL
                      ? dm_task_set_major(task, (int)major(dev)) && dm_task_set_minor(task, (int)minor(dev))
                      : dm_task_set_name(task, name);
  struct dm_info info;
  if (set && dm_task_no_flush(task)) run(task);
  if (!dm_task_get_info(task, &info) || !info.exists) {
    fputs("libdevmapper does not know the device\n", stderr);
    exit(EXIT_FAILURE);
  }
  size_t bytes = 0;
  void* next = NULL;
  do {
    uint64_t first;
    uint64_t length;
    char* type = NULL;
    char* parameters = NULL;
    next = dm_get_next_target(task, next, &first, &length, &type, &parameters);
    if (parameters != NULL) bytes += strlen(parameters);
  } while (next != NULL);
  dm_task_destroy(task);
  return bytes;
}

static struct seen ask(const char* name) {
  if (name != NULL) return (struct seen){1, ask_one(name, 0)};
  struct seen seen = {0, 0};
  struct dm_task* list = start(DM_DEVICE_LIST);
  run(list);
  const struct dm_names* device = dm_task_get_names(list);
  while (device != NULL && device->dev != 0) {
    seen.bytes += ask_one(NULL, device->dev);
    ++seen.devices;
    device = device->next == 0 ? NULL : (const struct dm_names*)((const char*)device + device->next);
  }
  dm_task_destroy(list);
  return seen;
}

int main(void) {
  dm_set_name_mangling_mode(DM_STRING_MANGLING_NONE);
  dm_hold_control_dev(1);
  return follow_orders(ask);
}
