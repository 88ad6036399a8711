#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "records.h"

// The part of libdevmapper that is used here, declared again so that building needs none of its headers.
namespace devmapper::libdm {

struct Handle;

// Layouts of libdevmapper.h. Info has room behind for what a newer library may append; the texts behind the
// other three are reached by offset.
struct Info {
  int exists;
  int suspended;
  int live_table;
  int inactive_table;
  int32_t open_count;
  uint32_t event_nr;
  uint32_t major;
  uint32_t minor;
  int read_only;
  int32_t target_count;
  int deferred_remove;
  int internal_suspend;
  char reserved[64];
};

struct Deps {
  uint32_t count;
  uint32_t filler;
  // uint64_t devices[count] follow.
};

struct Names {
  uint64_t dev;
  uint32_t next;
  // char name[] follows without padding.
};

struct TargetVersions {
  uint32_t next;
  uint32_t version[3];
  // char name[] follows.
};

constexpr size_t kNameOffset = 12;

// The task types of libdevmapper.h, which keep their numbers.
enum class TaskType {
  kInfo = 6,
  kDependencies = 7,
  kVersion = 9,
  kStatus = 10,
  kTable = 11,
  kList = 13,
  kListVersions = 16
};

struct Api {
  int (*get_library_version)(char*, size_t);
  void (*log_with_errno_init)(void (*)(int, const char*, int, int, const char*, ...));
  int (*set_name_mangling_mode)(int);
  void (*hold_control_dev)(int);
  void (*lib_release)();
  Handle* (*task_create)(int);
  void (*task_destroy)(Handle*);
  int (*task_set_name)(Handle*, const char*);
  int (*task_set_uuid)(Handle*, const char*);
  int (*task_set_newuuid)(Handle*, const char*);
  int (*task_set_major_minor)(Handle*, int, int, int);
  int (*task_no_flush)(Handle*);
  int (*task_secure_data)(Handle*);
  int (*task_run)(Handle*);
  int (*task_get_errno)(Handle*);
  int (*task_get_info)(Handle*, Info*);
  const char* (*task_get_name)(const Handle*);
  const char* (*task_get_uuid)(const Handle*);
  Deps* (*task_get_deps)(Handle*);
  Names* (*task_get_names)(Handle*);
  TargetVersions* (*task_get_versions)(Handle*);
  void* (*get_next_target)(Handle*, void*, uint64_t*, uint64_t*, char**, char**);

  // Fills every member from an opened library. Returns the first symbol that it lacks, or null.
  const char* Resolve(void* library);
};

// Collects what the library logs on this thread while it lives, instead of letting it print on stderr:
// warnings and errors, at most 16 lines of 1 KiB.
class LogCapture {
 public:
  LogCapture();
  ~LogCapture();
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;
  std::vector<std::string> Take();

  // The library has one log function for the whole process.
  static void Install(const Api& api);

 private:
  std::vector<std::string> lines_;
};

// One dm_task, destroyed at the end of its scope.
class Task {
 public:
  Task(const Api& api, TaskType type);
  ~Task();
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

  Handle* get() const { return handle_; }

  void Select(const Selector& selector);
  // Calls a setter unless an earlier one failed; Run reports a failed one as EINVAL.
  void Set(int (*setter)(Handle*)) { ok_ = ok_ && setter(handle_); }
  // Asks for uuids in a list (ioctl 4.44 and newer): a blank new uuid makes the library set DM_UUID_FLAG.
  void SetListUuids() { ok_ = ok_ && api_.task_set_newuuid(handle_, " "); }
  // 0, or the errno of the failure.
  int Run();

 private:
  const Api& api_;
  Handle* handle_;
  bool ok_;
};

}  // namespace devmapper::libdm
