#pragma once

#include <cstdint>
#include <string>

#include "records.h"

namespace devmapper {

// What the kernel's device-mapper driver answered to a version query of our own, asked before libdevmapper
// is: libdevmapper remembers a failed first contact for the life of the process, loses its errno, and may
// create nodes.
struct DriverProbe {
  bool ok = false;
  uint32_t version[3] = {0, 0, 0};
  Failure failure;
};

DriverProbe ProbeDriver();

// Marks every descriptor of /dev/mapper/control in this process close-on-exec: libdevmapper opens its own
// without.
void CloseControlOnExec();

}  // namespace devmapper
