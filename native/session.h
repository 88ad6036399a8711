#pragma once

#include <napi.h>

#include <memory>
#include <mutex>
#include <vector>

#include "engine.h"

namespace devmapper {

// One opened instance in one JavaScript environment: what it asked comes back to its dispatch function, on
// its thread, in batches. It may end at any moment: closed, collected, or with its environment.
class Session : public Client, public std::enable_shared_from_this<Session> {
 public:
  // `dispatch(id, answer)` is called for every delivered answer.
  static std::shared_ptr<Session> Open(Napi::Env env, Engine& engine, Napi::Function dispatch);

  explicit Session(Engine& engine) : engine_(engine) {}

  Engine& engine() { return engine_; }

  // Whether the environment's event loop stays alive for this session.
  void KeepAlive(Napi::Env env, bool alive);
  // Has events delivered, see Events, until the session is closed.
  void Subscribe();
  // On the environment's thread. Nothing is dispatched any more. May be called again.
  void Close();

  void Deliver(uint32_t id, Answer answer) override;

 private:
  struct Delivery {
    uint32_t id;
    Answer answer;
  };

  static void Dispatch(Napi::Env env, Napi::Function dispatch, Session* session, void*);
  using Wake = Napi::TypedThreadSafeFunction<Session, void, Dispatch>;

  Engine& engine_;
  napi_env env_ = nullptr;

  std::mutex mutex_;
  std::vector<Delivery> deliveries_;
  // The list of devices that JavaScript was told last; only its thread looks at it.
  std::vector<Device> told_;
  bool open_ = false;
  bool subscribed_ = false;
  Wake wake_;
};

}  // namespace devmapper
