// The control node of device-mapper and the header of its ioctls (linux/dm-ioctl.h).
#pragma once

#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

// Ends the process with the reason if there is no device-mapper or no privilege.
static inline int open_control(void) {
  const int control = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
  if (control >= 0) return control;
  perror("open /dev/mapper/control");
  exit(EXIT_FAILURE);
}

// Zeroes the header of a buffer of `size` bytes. 4.0.0 is the oldest interface, which every kernel accepts.
static inline void start_request(struct dm_ioctl* header, size_t size, const char* name) {
  memset(header, 0, sizeof(*header));
  header->version[0] = 4;
  header->data_size = (__u32)size;
  header->data_start = sizeof(*header);
  if (name != NULL) snprintf(header->name, sizeof(header->name), "%s", name);
}
