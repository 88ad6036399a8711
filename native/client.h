#pragma once

#include <cstdint>

#include "records.h"

namespace devmapper {

// Whoever asked. Delivery happens on a thread of the engine, at most once an id, and must not block.
class Client {
 public:
  virtual ~Client() = default;
  virtual void Deliver(uint32_t id, Answer answer) = 0;
};

}  // namespace devmapper
