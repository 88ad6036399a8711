#include "libdm_api.h"

#include <dlfcn.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <utility>

namespace devmapper::libdm {
namespace {

// libdm/misc/dm-logging.h: the lowest three bits are the level, 2 fatal, 3 error, 4 warning.
constexpr int kLevelMask = 7;
constexpr int kWarning = 4;
constexpr size_t kMostLines = 16;

thread_local std::vector<std::string>* current_log = nullptr;

__attribute__((format(printf, 5, 6))) void CaptureLog(int level, const char*, int, int, const char* format,
                                                      ...) {
  if ((level & kLevelMask) > kWarning || current_log == nullptr || current_log->size() >= kMostLines) return;
  char line[1024];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line, sizeof(line), format, arguments);
  va_end(arguments);
  current_log->emplace_back(line);
}

struct Symbol {
  const char* name;
  void** slot;
};

template <typename Function>
void** Slot(Function* member) {
  static_assert(sizeof(Function) == sizeof(void*));
  return reinterpret_cast<void**>(member);
}

}  // namespace

const char* Api::Resolve(void* library) {
  const Symbol symbols[] = {
      {"dm_get_library_version", Slot(&get_library_version)},
      {"dm_log_with_errno_init", Slot(&log_with_errno_init)},
      {"dm_set_name_mangling_mode", Slot(&set_name_mangling_mode)},
      {"dm_hold_control_dev", Slot(&hold_control_dev)},
      {"dm_lib_release", Slot(&lib_release)},
      {"dm_task_create", Slot(&task_create)},
      {"dm_task_destroy", Slot(&task_destroy)},
      {"dm_task_set_name", Slot(&task_set_name)},
      {"dm_task_set_uuid", Slot(&task_set_uuid)},
      {"dm_task_set_newuuid", Slot(&task_set_newuuid)},
      {"dm_task_set_major_minor", Slot(&task_set_major_minor)},
      {"dm_task_no_flush", Slot(&task_no_flush)},
      {"dm_task_secure_data", Slot(&task_secure_data)},
      {"dm_task_run", Slot(&task_run)},
      {"dm_task_get_errno", Slot(&task_get_errno)},
      {"dm_task_get_info", Slot(&task_get_info)},
      {"dm_task_get_name", Slot(&task_get_name)},
      {"dm_task_get_uuid", Slot(&task_get_uuid)},
      {"dm_task_get_deps", Slot(&task_get_deps)},
      {"dm_task_get_names", Slot(&task_get_names)},
      {"dm_task_get_versions", Slot(&task_get_versions)},
      {"dm_get_next_target", Slot(&get_next_target)},
  };
  for (const Symbol& symbol : symbols) {
    *symbol.slot = dlsym(library, symbol.name);
    if (*symbol.slot == nullptr) return symbol.name;
  }
  return nullptr;
}

LogCapture::LogCapture() { current_log = &lines_; }

LogCapture::~LogCapture() { current_log = nullptr; }

std::vector<std::string> LogCapture::Take() { return std::exchange(lines_, {}); }

void LogCapture::Install(const Api& api) { api.log_with_errno_init(CaptureLog); }

Task::Task(const Api& api, TaskType type)
    : api_(api), handle_(api.task_create(static_cast<int>(type))), ok_(handle_ != nullptr) {}

Task::~Task() {
  if (handle_ != nullptr) api_.task_destroy(handle_);
}

void Task::Select(const Selector& selector) {
  if (!ok_) return;
  if (selector.by_number) {
    ok_ = api_.task_set_major_minor(handle_, static_cast<int>(selector.number.major),
                                    static_cast<int>(selector.number.minor), 0);
  } else if (!selector.uuid.empty()) {
    ok_ = api_.task_set_uuid(handle_, selector.uuid.c_str());
  } else {
    ok_ = api_.task_set_name(handle_, selector.name.c_str());
  }
}

int Task::Run() {
  if (!ok_) return EINVAL;
  errno = 0;
  if (api_.task_run(handle_)) return 0;
  const int error = api_.task_get_errno(handle_);
  if (error != 0) return error;
  return errno != 0 ? errno : EIO;
}

}  // namespace devmapper::libdm
