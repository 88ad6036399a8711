#include "engine.h"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include "control.h"
#include "job.h"
#include "libdm.h"
#include "thread.h"

namespace devmapper {
namespace {

// How long a call may stay in the kernel while others wait before a successor takes over; less once there is
// a call that hangs, since what hangs seldom comes alone (a pool and all its volumes).
constexpr Engine::Milliseconds kPatience{50};
constexpr Engine::Milliseconds kShortPatience{5};
// How long the end of the process waits for threads to end.
constexpr Engine::Milliseconds kFarewell{100};

// A call that is in the kernel now.
struct Flight {
  std::shared_ptr<Job> job;
  Step step;
  // When the watcher first saw it. Reading the clock for every call costs a system call on machines whose
  // clock is not mapped into the process.
  std::optional<Clock::time_point> since;
  bool handed_over = false;
};

bool SameDevice(const Selector& one, const Selector& other) {
  if (one.by_number && other.by_number)
    return one.number.major == other.number.major && one.number.minor == other.number.minor;
  if (!one.name.empty() && one.name == other.name) return true;
  return !one.uuid.empty() && one.uuid == other.uuid;
}

}  // namespace

struct Engine::State : std::enable_shared_from_this<Engine::State> {
  explicit State(std::unique_ptr<Source> from) : source(std::move(from)) {}

  void Submit(std::shared_ptr<Job> job);
  bool Start();
  void Work();
  void Watch();
  bool Take(std::shared_ptr<Job>* job, Step* step);
  bool IsRunnable(const Step& step) const;
  size_t Overtaken() const;
  Milliseconds Patience() const { return Overtaken() == 0 ? kPatience : kShortPatience; }
  void HandOver(Clock::time_point now);
  std::vector<std::shared_ptr<Job>> ExpireBefore(Clock::time_point now);
  void Forget(const std::shared_ptr<Job>& job);

  const std::unique_ptr<Source> source;

  // Guards everything below. Nothing is called under it that waits: neither the source nor a client.
  std::mutex mutex;
  std::condition_variable work;
  std::condition_variable watch;
  std::condition_variable ended;
  std::set<std::shared_ptr<Client>> clients;
  std::list<std::shared_ptr<Job>> jobs;
  std::list<Flight> flights;
  bool worker = false;
  bool watcher = false;
  bool watching_nothing = false;
  Clock::time_point next_look;
};

Engine& Engine::For(const std::string& library) {
  static std::mutex mutex;
  static auto& engines = *std::make_unique<std::map<std::string, std::unique_ptr<Engine>>>().release();
  const std::lock_guard<std::mutex> lock(mutex);
  std::unique_ptr<Engine>& engine = engines[library];
  if (!engine) engine = std::make_unique<Engine>(std::make_unique<LibDm>(library));
  return *engine;
}

Engine& Engine::Direct() {
  static Engine& engine = *std::make_unique<Engine>(std::make_unique<Control>()).release();
  return engine;
}

Engine::Engine(std::unique_ptr<Source> source) : state_(std::make_shared<State>(std::move(source))) {
  PinThisLibrary();
}

void Engine::Attach(const std::shared_ptr<Client>& client) {
  const std::lock_guard<std::mutex> lock(state_->mutex);
  state_->clients.insert(client);
}

void Engine::Detach(const std::shared_ptr<Client>& client) {
  const std::lock_guard<std::mutex> lock(state_->mutex);
  state_->clients.erase(client);
  state_->jobs.remove_if([&](const std::shared_ptr<Job>& job) {
    if (job->client() != client) return false;
    job->Abandon();
    return true;
  });
  if (!state_->clients.empty()) return;
  state_->work.notify_all();
  state_->watch.notify_all();
}

void Engine::AwaitEnd() {
  std::unique_lock<std::mutex> lock(state_->mutex);
  if (!state_->clients.empty()) return;
  state_->ended.wait_for(lock, kFarewell, [this] { return !state_->worker && !state_->watcher; });
}

void Engine::Submit(const std::shared_ptr<Client>& client, uint32_t id, Request request,
                    Milliseconds timeout) {
  state_->Submit(std::make_shared<Job>(client, id, std::move(request), Clock::now() + timeout));
}

void Engine::Cancel(const std::shared_ptr<Client>& client, uint32_t id) {
  const std::lock_guard<std::mutex> lock(state_->mutex);
  const auto found = std::find_if(state_->jobs.begin(), state_->jobs.end(), [&](const auto& job) {
    return job->client() == client && job->id() == id;
  });
  if (found == state_->jobs.end()) return;
  (*found)->Abandon();
  state_->jobs.erase(found);
}

size_t Engine::stuck() const {
  const std::lock_guard<std::mutex> lock(state_->mutex);
  const Clock::time_point now = Clock::now();
  return static_cast<size_t>(std::count_if(
      state_->flights.begin(), state_->flights.end(),
      [now](const Flight& flight) { return flight.since && now - *flight.since >= kPatience; }));
}

void Engine::State::Submit(std::shared_ptr<Job> job) {
  std::unique_lock<std::mutex> lock(mutex);
  if (!Start()) {
    lock.unlock();
    job->Refuse(EAGAIN);
    return;
  }
  const bool earlier = watching_nothing || job->deadline() < next_look;
  jobs.push_back(std::move(job));
  // Not under the lock, on which a woken thread would at once wait again.
  lock.unlock();
  work.notify_one();
  if (earlier) watch.notify_one();
}

bool Engine::State::Start() {
  if (!worker) worker = StartThread("dm-query", [self = shared_from_this()] { self->Work(); });
  if (!watcher) watcher = StartThread("dm-deadline", [self = shared_from_this()] { self->Watch(); });
  return worker && watcher;
}

void Engine::State::Work() {
  std::unique_lock<std::mutex> lock(mutex);
  for (;;) {
    std::shared_ptr<Job> job;
    Step step;
    work.wait(lock, [&] { return clients.empty() || Take(&job, &step); });
    if (!job) break;
    const auto flight = flights.insert(flights.end(), {job, step, std::nullopt, false});
    lock.unlock();
    Answer answer = source->Run(step.request);
    lock.lock();
    const bool handed_over = flight->handed_over;
    flights.erase(flight);
    const bool finished = job->Settle(step, std::move(answer));
    if (finished) {
      Forget(job);
      lock.unlock();
      job->Deliver();
      lock.lock();
    }
    if (handed_over) {
      // Steps about this device were held back, and the worker that took over may be waiting.
      work.notify_all();
      return;
    }
  }
  worker = false;
  ended.notify_all();
}

// Jobs take turns, so that one about ten thousand devices delays no other by more than a call.
bool Engine::State::Take(std::shared_ptr<Job>* job, Step* step) {
  for (auto candidate = jobs.begin(); candidate != jobs.end(); ++candidate) {
    std::deque<Step>& waiting = (*candidate)->waiting();
    const auto runnable =
        std::find_if(waiting.begin(), waiting.end(), [this](const Step& one) { return IsRunnable(one); });
    if (runnable == waiting.end()) continue;
    *job = *candidate;
    *step = std::move(*runnable);
    waiting.erase(runnable);
    jobs.splice(jobs.end(), jobs, candidate);
    return true;
  }
  return false;
}

// Only a status can hang; a second one on the same device would hang behind the first. The last thread is
// never given one, so that it can serve all other queries.
bool Engine::State::IsRunnable(const Step& step) const {
  if (step.request.query != Query::kStatus) return true;
  if (Overtaken() >= kMostStuck) return false;
  return std::none_of(flights.begin(), flights.end(), [&](const Flight& flight) {
    return flight.step.request.query == Query::kStatus &&
           SameDevice(flight.step.request.selector, step.request.selector);
  });
}

size_t Engine::State::Overtaken() const {
  return static_cast<size_t>(
      std::count_if(flights.begin(), flights.end(), [](const Flight& flight) { return flight.handed_over; }));
}

void Engine::State::Watch() {
  std::unique_lock<std::mutex> lock(mutex);
  while (!clients.empty()) {
    const Clock::time_point now = Clock::now();
    const std::vector<std::shared_ptr<Job>> late = ExpireBefore(now);
    if (!late.empty()) {
      lock.unlock();
      for (const std::shared_ptr<Job>& job : late) job->Deliver();
      lock.lock();
      continue;
    }
    HandOver(now);
    if (jobs.empty()) {
      watching_nothing = true;
      watch.wait(lock);
      watching_nothing = false;
      continue;
    }
    next_look = now + Patience();
    for (const std::shared_ptr<Job>& job : jobs) next_look = std::min(next_look, job->deadline());
    watch.wait_until(lock, next_look);
  }
  watcher = false;
  ended.notify_all();
}

void Engine::State::HandOver(Clock::time_point now) {
  const auto current =
      std::find_if(flights.begin(), flights.end(), [](const Flight& flight) { return !flight.handed_over; });
  if (current == flights.end()) return;
  if (!current->since) current->since = now;
  if (now - *current->since < Patience()) return;
  const auto waits = [this](const std::shared_ptr<Job>& job) {
    return std::any_of(job->waiting().begin(), job->waiting().end(),
                       [this](const Step& step) { return IsRunnable(step); });
  };
  if (std::none_of(jobs.begin(), jobs.end(), waits)) return;
  current->handed_over = StartThread("dm-query", [self = shared_from_this()] { self->Work(); });
}

std::vector<std::shared_ptr<Job>> Engine::State::ExpireBefore(Clock::time_point now) {
  std::vector<std::shared_ptr<Job>> late;
  for (const std::shared_ptr<Job>& job : jobs)
    if (job->deadline() <= now) late.push_back(job);
  for (const std::shared_ptr<Job>& job : late) {
    job->Expire();
    Forget(job);
  }
  return late;
}

void Engine::State::Forget(const std::shared_ptr<Job>& job) {
  // Whoever had the last turn is at the end.
  const auto found = std::find(jobs.rbegin(), jobs.rend(), job);
  if (found != jobs.rend()) jobs.erase(std::next(found).base());
}

}  // namespace devmapper
