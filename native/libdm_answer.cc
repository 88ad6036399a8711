#include "libdm_answer.h"

#include <sys/sysmacros.h>

#include <cstring>
#include <utility>

#include "redact.h"

namespace devmapper::libdm {
namespace {

const char* OrEmpty(const char* text) { return text == nullptr ? "" : text; }

const char* Bytes(const void* record) { return static_cast<const char*>(record); }

template <typename T>
T ReadAs(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

template <typename Record>
const Record* Next(const Record* record) {
  if (record->next == 0) return nullptr;
  return reinterpret_cast<const Record*>(Bytes(record) + record->next);
}

DeviceNumber NumberOf(uint64_t dev) { return {gnu_dev_major(dev), gnu_dev_minor(dev)}; }

constexpr size_t AlignUp(size_t value) { return (value + 7) & ~static_cast<size_t>(7); }

// Behind the name lie, each aligned to 8: event number and flags, then the uuid if flag 1 says so. Kernels
// that do not write the flags leave them as the library's zeroed buffer had them.
Device ListedDevice(const Names* names, bool has_event_numbers) {
  Device device;
  device.name = Bytes(names) + kNameOffset;
  device.number = NumberOf(names->dev);
  if (!has_event_numbers) return device;
  const char* events = Bytes(names) + AlignUp(kNameOffset + device.name.size() + 1);
  device.event_number = ReadAs<uint32_t>(events);
  constexpr uint32_t kHasUuid = 1;
  if (ReadAs<uint32_t>(events + 4) & kHasUuid) device.uuid = events + 8;
  return device;
}

}  // namespace

bool ReadDevice(const Api& api, Handle* task, Device* device) {
  Info info{};
  if (!api.task_get_info(task, &info) || !info.exists) return false;
  device->name = OrEmpty(api.task_get_name(task));
  device->uuid = OrEmpty(api.task_get_uuid(task));
  device->number = {info.major, info.minor};
  device->open_count = info.open_count;
  device->event_number = info.event_nr;
  device->suspended = info.suspended != 0;
  device->read_only = info.read_only != 0;
  device->live_table = info.live_table != 0;
  device->inactive_table = info.inactive_table != 0;
  device->deferred_remove = info.deferred_remove != 0;
  device->internal_suspend = info.internal_suspend != 0;
  return true;
}

std::vector<Segment> ReadSegments(const Api& api, Handle* task, TaskType type, bool with_params) {
  std::vector<Segment> segments;
  void* next = nullptr;
  do {
    Segment segment;
    char* target = nullptr;
    char* params = nullptr;
    next = api.get_next_target(task, next, &segment.start, &segment.length, &target, &params);
    // Without a live table the library still answers once, with no target.
    if (target == nullptr) continue;
    segment.target = target;
    if (with_params && params != nullptr) {
      if (type == TaskType::kTable) RedactTable(segment.target, params);
      segment.params = params;
    }
    segments.push_back(std::move(segment));
  } while (next != nullptr);
  return segments;
}

std::vector<DeviceNumber> ReadDependencies(const Api& api, Handle* task) {
  std::vector<DeviceNumber> numbers;
  const Deps* deps = api.task_get_deps(task);
  if (deps == nullptr) return numbers;
  for (uint32_t index = 0; index < deps->count; ++index)
    numbers.push_back(NumberOf(ReadAs<uint64_t>(Bytes(deps) + sizeof(Deps) + index * sizeof(uint64_t))));
  return numbers;
}

std::vector<Device> ReadList(const Api& api, Handle* task, bool has_event_numbers) {
  std::vector<Device> devices;
  const Names* names = api.task_get_names(task);
  // Without devices the kernel returns no record at all, and the buffer still holds what was sent: a blank,
  // which would read as device 0:32. No device has an empty name.
  if (names == nullptr || names->dev == 0 || Bytes(names)[kNameOffset] == '\0') return devices;
  for (; names != nullptr; names = Next(names)) devices.push_back(ListedDevice(names, has_event_numbers));
  return devices;
}

std::vector<TargetVersion> ReadTargetVersions(const Api& api, Handle* task) {
  std::vector<TargetVersion> targets;
  const TargetVersions* record = api.task_get_versions(task);
  for (; record != nullptr; record = Next(record)) {
    targets.push_back({Bytes(record) + sizeof(TargetVersions),
                       {record->version[0], record->version[1], record->version[2]}});
  }
  return targets;
}

}  // namespace devmapper::libdm
