#pragma once

#include <vector>

#include "libdm_api.h"
#include "records.h"

// Copies the answer that a task holds after a successful run into records of our own.
namespace devmapper::libdm {

// False if there is no such device, which the library does not count as a failed run.
bool ReadDevice(const Api& api, Handle* task, Device* device);

// Parameters are copied only if `with_params`; those of a table come without key material.
std::vector<Segment> ReadSegments(const Api& api, Handle* task, TaskType type, bool with_params);

std::vector<DeviceNumber> ReadDependencies(const Api& api, Handle* task);

// Event numbers and uuids are in the list where `has_event_numbers` (ioctl 4.37 and newer; 4.36 misaligned
// them).
std::vector<Device> ReadList(const Api& api, Handle* task, bool has_event_numbers);

std::vector<TargetVersion> ReadTargetVersions(const Api& api, Handle* task);

}  // namespace devmapper::libdm
