#pragma once

#include <memory>

#include "client.h"

namespace devmapper {

// Tells of device-mapper events: one thread of the process, with a descriptor of its own, waits until the
// kernel says that something has happened to some device, and delivers the list of all devices, with their
// event numbers, to everybody who subscribed. It makes no call that can hang.
class Events {
 public:
  // The id of its deliveries; a list, or a failure after which none will follow. An undelivered list may be
  // replaced by a newer one.
  static constexpr uint32_t kDeliveryId = 0xffffffff;

  static Events& Instance();

  // The first list is delivered at once.
  void Subscribe(const std::shared_ptr<Client>& client);
  void Unsubscribe(const std::shared_ptr<Client>& client);

  Events();

 private:
  struct State;

  std::shared_ptr<State> state_;
};

}  // namespace devmapper
