#include "session.h"

#include <algorithm>
#include <utility>

#include "environment.h"
#include "events.h"

namespace devmapper {
namespace {

void CloseAtExit(void* pointer) {
  auto* session = static_cast<Session*>(pointer);
  session->Close();
  session->engine().AwaitEnd();
}

bool IsSame(const Device& one, const Device& other) {
  return one.number.minor == other.number.minor && one.number.major == other.number.major &&
         one.event_number == other.event_number && one.name == other.name && one.uuid == other.uuid;
}

// What a list says beyond the one before: the devices that are not as they were, and for each device its
// place in the list before, or -1 for the next one of those. The order is nearly always the same.
struct ListNews {
  std::vector<Device> fresh;
  std::vector<int32_t> places;
};

ListNews NewsIn(const std::vector<Device>& now, const std::vector<Device>& before) {
  constexpr size_t kReach = 4;
  ListNews news;
  news.places.reserve(now.size());
  size_t next = 0;
  for (const Device& device : now) {
    const auto from = before.begin() + static_cast<std::ptrdiff_t>(next);
    const auto to = from + static_cast<std::ptrdiff_t>(std::min(kReach, before.size() - next));
    const auto found = std::find_if(from, to, [&](const Device& old) { return IsSame(device, old); });
    if (found == to) {
      news.fresh.push_back(device);
      news.places.push_back(-1);
      // A change in place uses up its place.
      if (from != to && from->number.minor == device.number.minor) ++next;
    } else {
      next = static_cast<size_t>(found - before.begin());
      news.places.push_back(static_cast<int32_t>(next++));
    }
  }
  return news;
}

}  // namespace

std::shared_ptr<Session> Session::Open(Napi::Env env, Engine& engine, Napi::Function dispatch) {
  auto session = std::make_shared<Session>(engine);
  // The finalizer's copy keeps the context valid for as long as the thread-safe function may be called.
  session->wake_ = Wake::New(env, dispatch, "devmapper", 0, 1, session.get(),
                             [keep = session](Napi::Env, void*, Session*) mutable { keep.reset(); });
  session->wake_.Unref(env);
  session->env_ = env;
  session->open_ = true;
  // Hooks run last in, first out: this one must come before the thread-safe function's own, so it is added
  // after.
  napi_add_env_cleanup_hook(env, CloseAtExit, session.get());
  session->engine_.Attach(session);
  return session;
}

void Session::KeepAlive(Napi::Env env, bool alive) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!open_) return;
  if (alive) {
    wake_.Ref(env);
  } else {
    wake_.Unref(env);
  }
}

void Session::Subscribe() {
  if (!open_ || std::exchange(subscribed_, true)) return;
  Events::Instance().Subscribe(shared_from_this());
}

void Session::Close() {
  const std::shared_ptr<Session> self = shared_from_this();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!open_) return;
    open_ = false;
    deliveries_.clear();
  }
  napi_remove_env_cleanup_hook(env_, CloseAtExit, this);
  engine_.Detach(self);
  if (subscribed_) Events::Instance().Unsubscribe(self);
  wake_.Abort();
}

void Session::Deliver(uint32_t id, Answer answer) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!open_) return;
  const bool first = deliveries_.empty();
  // A slow environment gets the newest list of devices, not all that it has missed.
  const auto older = std::find_if(deliveries_.begin(), deliveries_.end(), [id](const Delivery& delivery) {
    return id == Events::kDeliveryId && delivery.id == id;
  });
  if (older != deliveries_.end()) deliveries_.erase(older);
  deliveries_.push_back({id, std::move(answer)});
  if (first) wake_.NonBlockingCall();
}

void Session::Dispatch(Napi::Env env, Napi::Function dispatch, Session* session, void*) {
  // Without an environment the function is being torn down.
  if (static_cast<napi_env>(env) == nullptr) return;
  std::vector<Delivery> deliveries;
  {
    const std::lock_guard<std::mutex> lock(session->mutex_);
    deliveries.swap(session->deliveries_);
  }
  const Factories& factories = FactoriesOf(env);
  for (const Delivery& delivery : deliveries) {
    const Napi::HandleScope scope(env);
    const auto* list = std::get_if<std::vector<Device>>(&delivery.answer);
    if (delivery.id != Events::kDeliveryId || list == nullptr) {
      dispatch.Call({Napi::Number::New(env, delivery.id), ToJs(env, factories, delivery.answer)});
      continue;
    }
    ListNews news = NewsIn(*list, session->told_);
    auto places = Napi::Int32Array::New(env, news.places.size());
    std::copy(news.places.begin(), news.places.end(), places.Data());
    const Napi::Value fresh = ToJs(env, factories, std::move(news.fresh));
    session->told_ = *list;
    dispatch.Call({Napi::Number::New(env, delivery.id), fresh, places});
  }
}

}  // namespace devmapper
