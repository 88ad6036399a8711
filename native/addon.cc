#include <napi.h>

#include <chrono>
#include <cstring>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "environment.h"
#include "filesystem.h"
#include "session.h"

// The door between JavaScript and the engine, whose only caller is lib/native.ts, and to the calls on file
// systems and block devices, for lib/workflows/system. The callers have checked every argument.
namespace devmapper {
namespace {

using Handle = Napi::External<std::shared_ptr<Session>>;

Session& SessionOf(const Napi::CallbackInfo& info) { return **info[0].As<Handle>().Data(); }

void SetFactories(const Napi::CallbackInfo& info) {
  auto factories = std::make_unique<Factories>();
  factories->device = Napi::Persistent(info[0].As<Napi::Function>());
  factories->segment = Napi::Persistent(info[1].As<Napi::Function>());
  factories->failure = Napi::Persistent(info[2].As<Napi::Function>());
  info.Env().SetInstanceData(factories.release());
}

// The library's path, or null for our own descriptor.
Napi::Value Open(const Napi::CallbackInfo& info) {
  Engine& engine = info[0].IsNull() ? Engine::Direct() : Engine::For(info[0].As<Napi::String>());
  auto session = std::make_unique<std::shared_ptr<Session>>(
      Session::Open(info.Env(), engine, info[1].As<Napi::Function>()));
  return Handle::New(info.Env(), session.release(), [](Napi::Env, std::shared_ptr<Session>* collected) {
    const std::unique_ptr<std::shared_ptr<Session>> owner(collected);
    (*owner)->Close();
  });
}

// Positions 2 to 6 of the arguments: query, name, uuid, major (-1 for none), minor.
Request RequestOf(const Napi::CallbackInfo& info) {
  Request request;
  request.query = static_cast<Query>(info[2].As<Napi::Number>().Int32Value());
  request.selector.name = info[3].As<Napi::String>();
  request.selector.uuid = info[4].As<Napi::String>();
  const int64_t major = info[5].As<Napi::Number>().Int64Value();
  request.selector.by_number = major >= 0;
  if (request.selector.by_number)
    request.selector.number = {static_cast<uint32_t>(major), info[6].As<Napi::Number>().Uint32Value()};
  return request;
}

Engine::Milliseconds TimeoutOf(const Napi::CallbackInfo& info) {
  return Engine::Milliseconds(info[7].As<Napi::Number>().Int64Value());
}

void Submit(const Napi::CallbackInfo& info) {
  Session& session = SessionOf(info);
  session.engine().Submit(session.shared_from_this(), info[1].As<Napi::Number>().Uint32Value(),
                          RequestOf(info), TimeoutOf(info));
}

// Asks about a set of devices: query, then their numbers as major, minor, major, minor... in a Uint32Array.
void SubmitSet(const Napi::CallbackInfo& info) {
  Session& session = SessionOf(info);
  Request request;
  request.query = static_cast<Query>(info[2].As<Napi::Number>().Int32Value());
  const auto numbers = info[3].As<Napi::Uint32Array>();
  for (size_t index = 0; index + 1 < numbers.ElementLength(); index += 2)
    request.numbers.push_back({numbers[index], numbers[index + 1]});
  session.engine().Submit(session.shared_from_this(), info[1].As<Napi::Number>().Uint32Value(),
                          std::move(request), Engine::Milliseconds(info[4].As<Napi::Number>().Int64Value()));
}

void Subscribe(const Napi::CallbackInfo& info) { SessionOf(info).Subscribe(); }

class Waiter : public Client {
 public:
  std::future<Answer> answer() { return promise_.get_future(); }
  void Deliver(uint32_t, Answer answer) override { promise_.set_value(std::move(answer)); }

 private:
  std::promise<Answer> promise_;
};

// Blocks this thread, at most for the timeout, which the engine keeps.
Napi::Value Ask(const Napi::CallbackInfo& info) {
  const auto waiter = std::make_shared<Waiter>();
  std::future<Answer> answer = waiter->answer();
  SessionOf(info).engine().Submit(waiter, 0, RequestOf(info), TimeoutOf(info));
  return ToJs(info.Env(), FactoriesOf(info.Env()), answer.get());
}

void Cancel(const Napi::CallbackInfo& info) {
  Session& session = SessionOf(info);
  session.engine().Cancel(session.shared_from_this(), info[1].As<Napi::Number>().Uint32Value());
}

void KeepAlive(const Napi::CallbackInfo& info) {
  SessionOf(info).KeepAlive(info.Env(), info[1].As<Napi::Boolean>());
}

void Close(const Napi::CallbackInfo& info) { SessionOf(info).Close(); }

Napi::Value Stuck(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(SessionOf(info).engine().stuck()));
}

// Runs a call on a file or device; its failure becomes an Error as those of node:fs.
template <typename Call>
auto Calling(const Napi::CallbackInfo& info, Call call) {
  try {
    return call();
  } catch (const CallFailure& failure) {
    const std::string code = failure.code();
    const std::string on = failure.path.empty() ? "" : " '" + failure.path + "'";
    const Napi::Error error = Napi::Error::New(
        info.Env(), code + ": " + std::strerror(failure.error) + ", " + failure.syscall + on);
    error.Set("errno", Napi::Number::New(info.Env(), -failure.error));
    error.Set("code", Napi::String::New(info.Env(), code));
    error.Set("syscall", Napi::String::New(info.Env(), failure.syscall));
    error.Set("path", Napi::String::New(info.Env(), failure.path));
    throw error;
  }
}

template <void (*call)(const std::string&)>
void OnPath(const Napi::CallbackInfo& info) {
  const std::string path = info[0].As<Napi::String>();
  Calling(info, [&] { call(path); });
}

void SetReadOnlyOf(const Napi::CallbackInfo& info) {
  const std::string device = info[0].As<Napi::String>();
  const bool read_only = info[1].As<Napi::Boolean>();
  Calling(info, [&] { SetReadOnly(device, read_only); });
}

Napi::Value ReadOnlyOf(const Napi::CallbackInfo& info) {
  const std::string device = info[0].As<Napi::String>();
  return Napi::Boolean::New(info.Env(), Calling(info, [&] { return IsReadOnly(device); }));
}

// A number: exact up to 2^53, a device of 8 PiB.
Napi::Value SizeOf(const Napi::CallbackInfo& info) {
  const std::string device = info[0].As<Napi::String>();
  return Napi::Number::New(info.Env(),
                           static_cast<double>(Calling(info, [&] { return DeviceSize(device); })));
}

Napi::Value Lock(const Napi::CallbackInfo& info) {
  const std::string path = info[0].As<Napi::String>();
  const std::optional<int> descriptor = Calling(info, [&] { return LockFile(path); });
  return descriptor ? Napi::Number::New(info.Env(), *descriptor) : info.Env().Null();
}

template <void (*call)(int)>
void OnDescriptor(const Napi::CallbackInfo& info) {
  const int descriptor = info[0].As<Napi::Number>().Int32Value();
  Calling(info, [&] { call(descriptor); });
}

Napi::Value LockOpen(const Napi::CallbackInfo& info) {
  const int descriptor = info[0].As<Napi::Number>().Int32Value();
  return Napi::Boolean::New(info.Env(), Calling(info, [&] { return LockDescriptor(descriptor); }));
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("setFactories", Napi::Function::New<SetFactories>(env));
  exports.Set("open", Napi::Function::New<Open>(env));
  exports.Set("submit", Napi::Function::New<Submit>(env));
  exports.Set("submitSet", Napi::Function::New<SubmitSet>(env));
  exports.Set("subscribe", Napi::Function::New<Subscribe>(env));
  exports.Set("ask", Napi::Function::New<Ask>(env));
  exports.Set("cancel", Napi::Function::New<Cancel>(env));
  exports.Set("keepAlive", Napi::Function::New<KeepAlive>(env));
  exports.Set("close", Napi::Function::New<Close>(env));
  exports.Set("stuck", Napi::Function::New<Stuck>(env));
  exports.Set("freeze", Napi::Function::New<OnPath<Freeze>>(env));
  exports.Set("thaw", Napi::Function::New<OnPath<Thaw>>(env));
  exports.Set("syncFilesystem", Napi::Function::New<OnPath<SyncFilesystem>>(env));
  exports.Set("flush", Napi::Function::New<OnPath<FlushDevice>>(env));
  exports.Set("setReadOnly", Napi::Function::New<SetReadOnlyOf>(env));
  exports.Set("isReadOnly", Napi::Function::New<ReadOnlyOf>(env));
  exports.Set("deviceSize", Napi::Function::New<SizeOf>(env));
  exports.Set("lockFile", Napi::Function::New<Lock>(env));
  exports.Set("unlockFile", Napi::Function::New<OnDescriptor<UnlockFile>>(env));
  exports.Set("lockDescriptor", Napi::Function::New<LockOpen>(env));
  exports.Set("dropCache", Napi::Function::New<OnDescriptor<DropCache>>(env));
  return exports;
}

NODE_API_MODULE(devmapper, Init)

}  // namespace
}  // namespace devmapper
