#include "session.h"

#include <utility>

#include "environment.h"

namespace devmapper {
namespace {

void CloseAtExit(void* pointer) {
  auto* session = static_cast<Session*>(pointer);
  session->Close();
  session->engine().AwaitEnd();
}

}  // namespace

std::shared_ptr<Session> Session::Open(Napi::Env env, const std::string& library, Napi::Function dispatch) {
  auto session = std::make_shared<Session>(library);
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
  wake_.Abort();
}

void Session::Deliver(uint32_t id, Answer answer) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!open_) return;
  const bool first = deliveries_.empty();
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
    dispatch.Call({Napi::Number::New(env, delivery.id), ToJs(env, factories, delivery.answer)});
  }
}

}  // namespace devmapper
