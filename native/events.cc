#include "events.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <iterator>
#include <mutex>
#include <set>
#include <utility>

#include "control.h"
#include "thread.h"

namespace devmapper {
namespace {

using Clients = std::set<std::shared_ptr<Client>>;

Answer Unable(int error, const char* what) { return Failure{Reason::kOther, error, "events", "", {what}}; }

void DeliverTo(const Clients& clients, Answer answer) {
  if (clients.empty()) return;
  const auto last = std::prev(clients.end());
  for (auto client = clients.begin(); client != last; ++client)
    (*client)->Deliver(Events::kDeliveryId, answer);
  (*last)->Deliver(Events::kDeliveryId, std::move(answer));
}

}  // namespace

struct Events::State : std::enable_shared_from_this<Events::State> {
  State() : wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~State() { close(wake); }

  void Run();
  // Until nobody listens, or the kernel refuses; that is the answer then.
  Answer Listen(Control* control);
  bool WaitForNews(const Control& control, bool* wanted);

  const int wake;

  std::mutex mutex;
  Clients clients;
  // Those who have not been told anything yet.
  Clients newcomers;
  bool running = false;
};

Events& Events::Instance() {
  static Events& events = *std::make_unique<Events>().release();
  return events;
}

Events::Events() : state_(std::make_shared<State>()) { PinThisLibrary(); }

void Events::Subscribe(const std::shared_ptr<Client>& client) {
  std::unique_lock<std::mutex> lock(state_->mutex);
  state_->clients.insert(client);
  state_->newcomers.insert(client);
  if (!state_->running) state_->running = StartThread("dm-events", [state = state_] { state->Run(); });
  const bool running = state_->running;
  if (!running) state_->clients.erase(client);
  lock.unlock();
  if (running) {
    eventfd_write(state_->wake, 1);
  } else {
    client->Deliver(kDeliveryId, Unable(EAGAIN, "no thread to wait on"));
  }
}

void Events::Unsubscribe(const std::shared_ptr<Client>& client) {
  const std::lock_guard<std::mutex> lock(state_->mutex);
  state_->clients.erase(client);
  state_->newcomers.erase(client);
  eventfd_write(state_->wake, 1);
}

void Events::State::Run() {
  for (;;) {
    Control control;
    Failure failure;
    Answer last = failure;
    if (!control.Open(&failure)) {
      failure.operation = "events";
      last = failure;
    } else if (!control.has_events()) {
      last = Unable(ENOSYS, "ioctl version 4.37 is needed");
    } else {
      last = Listen(&control);
    }
    std::unique_lock<std::mutex> lock(mutex);
    const bool failed = std::holds_alternative<Failure>(last);
    const Clients dropped = failed ? std::exchange(clients, {}) : Clients{};
    if (failed) newcomers.clear();
    running = !clients.empty();
    const bool again = running;
    lock.unlock();
    DeliverTo(dropped, std::move(last));
    if (!again) return;
  }
}

Answer Events::State::Listen(Control* control) {
  for (;;) {
    // Armed before the list is read: what happens in between is then told again, and nothing is lost.
    if (const int error = control->Arm(); error != 0) return Unable(error, "DM_DEV_ARM_POLL");
    Answer list = control->Run({Query::kList, {}, {}});
    if (std::holds_alternative<Failure>(list)) return list;
    std::unique_lock<std::mutex> lock(mutex);
    if (clients.empty()) return list;
    const Clients everybody = clients;
    newcomers.clear();
    lock.unlock();
    DeliverTo(everybody, std::move(list));
    bool wanted = true;
    while (!WaitForNews(*control, &wanted))
      if (!wanted) return std::vector<Device>{};
  }
}

// True when there is something to tell: an event, or a newcomer. `wanted` is whether anybody listens.
bool Events::State::WaitForNews(const Control& control, bool* wanted) {
  pollfd descriptors[] = {{control.descriptor(), POLLIN, 0}, {wake, POLLIN, 0}};
  if (poll(descriptors, 2, -1) < 0) return false;
  eventfd_t count = 0;
  if (descriptors[1].revents != 0) eventfd_read(wake, &count);
  const std::lock_guard<std::mutex> lock(mutex);
  *wanted = !clients.empty();
  return *wanted && (descriptors[0].revents != 0 || !newcomers.empty());
}

}  // namespace devmapper
