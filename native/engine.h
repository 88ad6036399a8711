#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "client.h"
#include "records.h"
#include "source.h"

namespace devmapper {

// Runs queries on threads of our own: never libuv's pool, which slow neighbours fill, and never the caller's.
//
// One thread at a time works through the queue, since libdevmapper is not thread-safe. When a call stays in
// the kernel (a pool whose metadata device hangs) while others wait, a successor takes over the queue and the
// stuck thread ends once its call returns. A second thread watches the deadlines.
//
// Shared by all environments of the process (main thread and workers) and never destroyed: a stuck thread may
// outlive everybody. Without clients its threads end.
class Engine {
 public:
  using Milliseconds = std::chrono::milliseconds;

  // With so many calls stuck no further status is asked, but everything that cannot hang still is.
  static constexpr size_t kMostStuck = 64;

  // Use For and Direct: there is one engine a source.
  explicit Engine(std::unique_ptr<Source> source);
  // The engine of a library path; the empty path is the system's libdevmapper.
  static Engine& For(const std::string& library);
  // The engine of our own descriptor.
  static Engine& Direct();

  void Attach(const std::shared_ptr<Client>& client);
  // Drops whatever the client still waits for; the threads end with the last client.
  void Detach(const std::shared_ptr<Client>& client);
  // Waits a moment for threads that are to end, so that none is inside libdevmapper when the process takes it
  // down; not for one that is stuck.
  void AwaitEnd();

  // The answer is delivered within `timeout`, as a failure if need be. A request without a selector
  // asks the list, then every device in it, one with numbers asks those; devices that are gone are left out.
  void Submit(const std::shared_ptr<Client>& client, uint32_t id, Request request, Milliseconds timeout);
  // No answer will be delivered, unless it is on its way already.
  void Cancel(const std::shared_ptr<Client>& client, uint32_t id);

  // Calls that have been in the kernel for longer than is normal.
  size_t stuck() const;

 private:
  struct State;

  std::shared_ptr<State> state_;
};

}  // namespace devmapper
