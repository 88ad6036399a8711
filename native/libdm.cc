#include "libdm.h"

#include <dlfcn.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "driver.h"
#include "libdm_answer.h"
#include "libdm_api.h"

namespace devmapper {
namespace {

using libdm::Api;
using libdm::LogCapture;
using libdm::Task;
using libdm::TaskType;

constexpr int kManglingNone = 0;

Reason ReasonOf(int error) {
  if (error == ENXIO) return Reason::kNoDevice;
  if (error == EACCES || error == EPERM) return Reason::kNoPrivilege;
  return error == ENODEV ? Reason::kNoDriver : Reason::kOther;
}

Failure Fail(const Request& request, int error, std::vector<std::string> log) {
  return {ReasonOf(error), error, OperationName(request.query), Describe(request.selector), std::move(log)};
}

TaskType TypeOf(Query query) {
  switch (query) {
    case Query::kInfo:
      return TaskType::kInfo;
    case Query::kStatus:
      return TaskType::kStatus;
    case Query::kTable:
    case Query::kDevice:
      return TaskType::kTable;
    case Query::kDependencies:
      return TaskType::kDependencies;
    case Query::kList:
      return TaskType::kList;
    case Query::kTargets:
      return TaskType::kListVersions;
    case Query::kVersion:
      break;
  }
  return TaskType::kVersion;
}

Answer AskDevice(const Api& api, const Request& request) {
  const TaskType type = TypeOf(request.query);
  LogCapture log;
  Task task(api, type);
  task.Select(request.selector);
  if (type == TaskType::kStatus) task.Set(api.task_no_flush);
  if (type == TaskType::kTable) task.Set(api.task_secure_data);
  if (const int error = task.Run(); error != 0) return Fail(request, error, log.Take());
  Device device;
  if (!libdm::ReadDevice(api, task.get(), &device)) return Fail(request, ENXIO, log.Take());
  if (type == TaskType::kDependencies) device.dependencies = libdm::ReadDependencies(api, task.get());
  if (type == TaskType::kStatus || type == TaskType::kTable)
    device.segments = libdm::ReadSegments(api, task.get(), type, request.query != Query::kDevice);
  return device;
}

// What a device is made of: its table's targets and what it stands on.
Answer AskMakeup(const Api& api, const Request& request) {
  Answer answer = AskDevice(api, request);
  Device* device = std::get_if<Device>(&answer);
  if (device == nullptr) return answer;
  Answer below = AskDevice(api, {Query::kDependencies, request.selector, {}});
  Device* found = std::get_if<Device>(&below);
  if (found == nullptr) return below;
  device->dependencies = std::move(found->dependencies);
  return answer;
}

}  // namespace

LibDm::LibDm(std::string path) : path_(std::move(path)) {}

LibDm::~LibDm() = default;

Answer LibDm::Run(const Request& request) {
  Failure failure = Fail(request, 0, {});
  if (!Connect(&failure)) return failure;
  switch (request.query) {
    case Query::kVersion:
      return Versions{library_version_, std::to_string(driver_version_[0]) + "." +
                                            std::to_string(driver_version_[1]) + "." +
                                            std::to_string(driver_version_[2])};
    case Query::kList:
    case Query::kTargets:
      return AskAll(request);
    case Query::kDevice:
      return AskMakeup(*api_, request);
    default:
      return AskDevice(*api_, request);
  }
}

Answer LibDm::AskAll(const Request& request) {
  LogCapture log;
  Task task(*api_, TypeOf(request.query));
  if (request.query == Query::kList) task.SetListUuids();
  if (const int error = task.Run(); error != 0) return Fail(request, error, log.Take());
  if (request.query == Query::kTargets) return libdm::ReadTargetVersions(*api_, task.get());
  return libdm::ReadList(*api_, task.get(), driver_version_[0] > 4 || driver_version_[1] >= 37);
}

bool LibDm::Load(Failure* failure) {
  if (api_) return true;
  const std::vector<std::string> candidates =
      path_.empty() ? std::vector<std::string>{"libdevmapper.so.1.02.1", "libdevmapper.so.1.02"}
                    : std::vector<std::string>{path_};
  failure->reason = Reason::kNoLibrary;
  failure->error = ENOENT;
  for (const std::string& candidate : candidates) {
    // Never unloaded: a stuck call may still be inside when everybody else has gone.
    void* library = dlopen(candidate.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (library == nullptr) {
      failure->log.emplace_back(dlerror());
      continue;
    }
    auto api = std::make_unique<Api>();
    if (const char* missing = api->Resolve(library); missing != nullptr) {
      failure->log.push_back(candidate + " has no " + missing);
      continue;
    }
    char version[64] = "";
    api->get_library_version(version, sizeof(version));
    library_version_ = version;
    LogCapture::Install(*api);
    api->set_name_mangling_mode(kManglingNone);
    api_ = std::move(api);
    return true;
  }
  return false;
}

bool LibDm::Connect(Failure* failure) {
  if (connected_.load(std::memory_order_acquire)) return true;
  // The first contact may load a kernel module, which takes long enough for a successor to come along. One
  // lock for all: two paths may lead to the same library.
  static std::mutex connecting;
  const std::lock_guard<std::mutex> lock(connecting);
  if (connected_.load(std::memory_order_relaxed)) return true;
  if (!Load(failure)) return false;
  const DriverProbe probe = ProbeDriver();
  if (!probe.ok) {
    failure->reason = probe.failure.reason;
    failure->error = probe.failure.error;
    failure->log = {probe.failure.operation};
    return false;
  }
  std::copy(std::begin(probe.version), std::end(probe.version), std::begin(driver_version_));
  api_->hold_control_dev(1);
  LogCapture log;
  if (const int error = Task(*api_, TaskType::kVersion).Run(); error != 0) {
    failure->reason = ReasonOf(error);
    failure->error = error;
    failure->log = log.Take();
    return false;
  }
  CloseControlOnExec();
  connected_.store(true, std::memory_order_release);
  return true;
}

const char* OperationName(Query query) {
  switch (query) {
    case Query::kList:
      return "list";
    case Query::kInfo:
      return "info";
    case Query::kStatus:
      return "status";
    case Query::kTable:
      return "table";
    case Query::kDependencies:
      return "dependencies";
    case Query::kDevice:
      return "devices";
    case Query::kTargets:
      return "targets";
    case Query::kVersion:
      return "version";
  }
  return "query";
}

std::string Describe(const Selector& selector) {
  if (selector.by_number)
    return std::to_string(selector.number.major) + ":" + std::to_string(selector.number.minor);
  return selector.uuid.empty() ? selector.name : selector.uuid;
}

}  // namespace devmapper
