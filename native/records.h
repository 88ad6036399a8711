#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

// What device-mapper says, uninterpreted: plain data that passes from the query threads to JavaScript.
namespace devmapper {

struct DeviceNumber {
  uint32_t major = 0;
  uint32_t minor = 0;
};

// One target of a table: where it lies in the device (sectors of 512 bytes), and its status or table
// parameters.
struct Segment {
  uint64_t start = 0;
  uint64_t length = 0;
  std::string target;
  std::string params;
};

struct Failure;

struct Device {
  std::string name;
  std::string uuid;
  DeviceNumber number;
  int32_t open_count = 0;
  uint32_t event_number = 0;
  bool suspended = false;
  bool read_only = false;
  bool live_table = false;
  bool inactive_table = false;
  bool deferred_remove = false;
  bool internal_suspend = false;
  std::vector<Segment> segments;
  std::vector<DeviceNumber> dependencies;
  // In an answer about all devices: why this one gave none. Its name and number are from the list then.
  std::shared_ptr<const Failure> failure;
};

struct TargetVersion {
  std::string name;
  uint32_t version[3] = {0, 0, 0};
};

struct Versions {
  std::string library;
  std::string driver;
};

enum class Reason { kNoLibrary, kNoDriver, kNoPrivilege, kNoDevice, kTimedOut, kOther };

// A call that brought no answer. `log` is what libdevmapper had to say of it.
struct Failure {
  Reason reason = Reason::kOther;
  int error = 0;
  std::string operation;
  std::string device;
  std::vector<std::string> log;
};

using Answer = std::variant<Device, std::vector<Device>, std::vector<TargetVersion>, Versions, Failure>;

// Which device a query is about: by number if that is set, else by uuid or name; none of them means all
// devices.
struct Selector {
  std::string name;
  std::string uuid;
  DeviceNumber number;
  bool by_number = false;

  bool is_all() const { return name.empty() && uuid.empty() && !by_number; }
};

enum class Query { kList, kInfo, kStatus, kTable, kDependencies, kDevice, kTargets, kVersion };

struct Request {
  Query query = Query::kVersion;
  Selector selector;
  // Asks about these instead of all, if there are any.
  std::vector<DeviceNumber> numbers;
};

}  // namespace devmapper
