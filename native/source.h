#pragma once

#include "records.h"

namespace devmapper {

// Where answers come from: libdevmapper, or our own descriptor. Blocks as long as the kernel does.
class Source {
 public:
  virtual ~Source() = default;
  // Asks one thing: about one device, or (kList, kTargets, kVersion) about none.
  virtual Answer Run(const Request& request) = 0;
};

}  // namespace devmapper
