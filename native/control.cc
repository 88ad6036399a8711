#include "control.h"

#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "driver.h"
#include "libdm.h"
#include "redact.h"

namespace devmapper {
namespace {

// The kernel allocates and copies in all that it is offered, whatever it answers: what is ample for a list
// would cost each status more than all the rest of it.
constexpr size_t kSmallestList = 16 * 1024;
constexpr size_t kSmallest = 2 * 1024;
// drivers/md/dm-ioctl.c refuses more.
constexpr size_t kLargest = size_t{1} << 30;

// The answer of one ioctl: a header, and behind it records whose offsets count from `data()`.
class Exchange {
 public:
  // The minimum version that the command needs: a higher one than the kernel's would be refused.
  Exchange(unsigned long command, uint32_t minor, uint32_t flags)
      : command_(command),
        minor_(minor),
        flags_(flags),
        buffer_(command == DM_LIST_DEVICES ? ListBuffer() : DeviceBuffer()) {}

  void Select(const Selector& selector) { selector_ = &selector; }

  // 0 or an errno. A buffer that was too small grows and the kernel is asked again: what it returned until
  // then is cut off, while its count of targets is not.
  int Run(int descriptor) {
    for (;;) {
      Prepare();
      while (ioctl(descriptor, command_, request()) != 0)
        if (errno != EINTR) return errno;
      if (!(request()->flags & DM_BUFFER_FULL_FLAG)) return 0;
      if (buffer().size() >= kLargest) return ENOMEM;
      buffer().resize(buffer().size() * 2);
    }
  }

  const dm_ioctl* header() const { return reinterpret_cast<const dm_ioctl*>(buffer().data()); }
  // The records; empty where there are none.
  char* data() { return buffer().data() + header()->data_start; }
  size_t size() const {
    const dm_ioctl* answer = header();
    const size_t end = std::min<size_t>(answer->data_size, buffer().size());
    return answer->data_start < end ? end - answer->data_start : 0;
  }

 private:
  static std::vector<char>& ListBuffer() {
    thread_local std::vector<char> bytes(kSmallestList);
    return bytes;
  }
  static std::vector<char>& DeviceBuffer() {
    thread_local std::vector<char> bytes(kSmallest);
    return bytes;
  }
  std::vector<char>& buffer() { return buffer_; }
  const std::vector<char>& buffer() const { return buffer_; }
  dm_ioctl* request() { return reinterpret_cast<dm_ioctl*>(buffer().data()); }

  // All zero but for the header: some targets write nothing, and old kernels leave fields as they were. What
  // the last answer used is all that can be other than zero.
  void Prepare() {
    const size_t used =
        std::min<size_t>(std::max<size_t>(request()->data_size, sizeof(dm_ioctl)), buffer().size());
    std::memset(buffer().data(), 0, used);
    request()->version[0] = 4;
    request()->version[1] = minor_;
    request()->data_size = static_cast<uint32_t>(buffer().size());
    request()->data_start = sizeof(dm_ioctl);
    request()->flags = flags_;
    if (selector_ == nullptr) return;
    if (selector_->by_number) {
      request()->dev = gnu_dev_makedev(selector_->number.major, selector_->number.minor);
    } else if (!selector_->uuid.empty()) {
      selector_->uuid.copy(request()->uuid, sizeof(request()->uuid) - 1);
    } else {
      selector_->name.copy(request()->name, sizeof(request()->name) - 1);
    }
  }

  unsigned long command_;
  uint32_t minor_;
  uint32_t flags_;
  std::vector<char>& buffer_;
  const Selector* selector_ = nullptr;
};

DeviceNumber NumberOf(uint64_t dev) { return {gnu_dev_major(dev), gnu_dev_minor(dev)}; }

constexpr size_t AlignUp(size_t value) { return (value + 7) & ~size_t{7}; }

// The text at `offset`, which ends with its zero or with the answer.
std::string_view TextAt(const char* data, size_t size, size_t offset) {
  if (offset >= size) return {};
  return {data + offset, strnlen(data + offset, size - offset)};
}

template <typename T>
T ReadAt(const char* data, size_t size, size_t offset) {
  T value{};
  if (offset + sizeof(T) <= size) std::memcpy(&value, data + offset, sizeof(T));
  return value;
}

std::vector<Device> ReadList(const char* data, size_t size, bool has_events) {
  constexpr size_t kNext = 8;
  constexpr size_t kName = 12;
  std::vector<Device> devices;
  for (size_t at = 0; at + kName < size;) {
    Device device;
    device.name = TextAt(data, size, at + kName);
    device.number = NumberOf(ReadAt<uint64_t>(data, size, at));
    if (device.name.empty()) break;
    if (has_events) {
      const size_t events = at + AlignUp(kName + device.name.size() + 1);
      device.event_number = ReadAt<uint32_t>(data, size, events);
      if (ReadAt<uint32_t>(data, size, events + 4) & DM_NAME_LIST_FLAG_HAS_UUID)
        device.uuid = TextAt(data, size, events + 8);
    }
    devices.push_back(std::move(device));
    const size_t next = ReadAt<uint32_t>(data, size, at + kNext);
    if (next == 0) break;
    at += next;
  }
  return devices;
}

// Each record's `next` counts from the first one, not from itself.
std::vector<Segment> ReadSegments(char* data, size_t size, uint32_t count, Query query) {
  std::vector<Segment> segments;
  segments.reserve(std::min<size_t>(count, size / sizeof(dm_target_spec)));
  size_t at = 0;
  for (uint32_t index = 0; index < count && at + sizeof(dm_target_spec) <= size; ++index) {
    const auto spec = ReadAt<dm_target_spec>(data, size, at);
    Segment segment;
    segment.start = spec.sector_start;
    segment.length = spec.length;
    segment.target.assign(spec.target_type, strnlen(spec.target_type, sizeof(spec.target_type)));
    if (query != Query::kDevice && at + sizeof(dm_target_spec) < size) {
      char* params = data + at + sizeof(dm_target_spec);
      data[size - 1] = '\0';
      if (query == Query::kTable) RedactTable(segment.target, params);
      segment.params = params;
    }
    segments.push_back(std::move(segment));
    if (spec.next <= at) break;
    at = spec.next;
  }
  return segments;
}

std::vector<DeviceNumber> ReadDependencies(const char* data, size_t size) {
  std::vector<DeviceNumber> numbers;
  const auto count = ReadAt<uint32_t>(data, size, 0);
  for (size_t index = 0; index < count && 16 + index * 8 <= size; ++index)
    numbers.push_back(NumberOf(ReadAt<uint64_t>(data, size, 8 + index * 8)));
  return numbers;
}

Device DeviceOf(const dm_ioctl& header) {
  Device device;
  device.name.assign(header.name, strnlen(header.name, sizeof(header.name)));
  device.uuid.assign(header.uuid, strnlen(header.uuid, sizeof(header.uuid)));
  device.number = NumberOf(header.dev);
  device.open_count = header.open_count;
  device.event_number = header.event_nr;
  device.suspended = header.flags & DM_SUSPEND_FLAG;
  device.read_only = header.flags & DM_READONLY_FLAG;
  device.live_table = header.flags & DM_ACTIVE_PRESENT_FLAG;
  device.inactive_table = header.flags & DM_INACTIVE_PRESENT_FLAG;
  device.deferred_remove = header.flags & DM_DEFERRED_REMOVE;
  device.internal_suspend = header.flags & DM_INTERNAL_SUSPEND_FLAG;
  return device;
}

Answer Fail(const Request& request, int error) {
  const Reason reason = error == ENXIO                      ? Reason::kNoDevice
                        : error == EACCES || error == EPERM ? Reason::kNoPrivilege
                                                            : Reason::kOther;
  return Failure{reason, error, OperationName(request.query), Describe(request.selector), {}};
}

}  // namespace

Control::~Control() {
  if (descriptor_ >= 0) close(descriptor_);
}

bool Control::Open(Failure* failure) {
  if (is_open_.load(std::memory_order_acquire)) return true;
  const std::lock_guard<std::mutex> lock(opening_);
  if (is_open_.load(std::memory_order_relaxed)) return true;
  const DriverProbe probe = ProbeDriver();
  if (!probe.ok) {
    *failure = probe.failure;
    failure->log = {probe.failure.operation};
    return false;
  }
  descriptor_ = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
  if (descriptor_ < 0) {
    failure->error = errno;
    return false;
  }
  std::copy(std::begin(probe.version), std::end(probe.version), std::begin(version_));
  is_open_.store(true, std::memory_order_release);
  return true;
}

int Control::Arm() {
  Exchange exchange(DM_DEV_ARM_POLL, 36, 0);
  return exchange.Run(descriptor_);
}

Answer Control::Run(const Request& request) {
  Failure failure;
  if (!Open(&failure)) {
    failure.operation = OperationName(request.query);
    failure.device = Describe(request.selector);
    return failure;
  }
  return request.query == Query::kList ? List(request) : AskDevice(request);
}

Answer Control::List(const Request& request) {
  // Older kernels ignore the flag; from 4.44 on it asks for uuids in the list.
  Exchange exchange(DM_LIST_DEVICES, 0, DM_UUID_FLAG);
  if (const int error = exchange.Run(descriptor_); error != 0) return Fail(request, error);
  return ReadList(exchange.data(), exchange.size(), has_events());
}

Answer Control::AskDevice(const Request& request) {
  const bool is_table = request.query == Query::kTable || request.query == Query::kDevice;
  const unsigned long command = request.query == Query::kInfo           ? DM_DEV_STATUS
                                : request.query == Query::kDependencies ? DM_TABLE_DEPS
                                                                        : DM_TABLE_STATUS;
  // A status without NOFLUSH would make a pool or cache commit its metadata.
  const uint32_t flags = request.query == Query::kStatus ? DM_NOFLUSH_FLAG
                         : is_table                      ? DM_STATUS_TABLE_FLAG | DM_SECURE_DATA_FLAG
                                                         : 0;
  Exchange exchange(command, 0, flags);
  exchange.Select(request.selector);
  if (const int error = exchange.Run(descriptor_); error != 0) return Fail(request, error);
  Device device = DeviceOf(*exchange.header());
  if (command == DM_TABLE_STATUS)
    device.segments =
        ReadSegments(exchange.data(), exchange.size(), exchange.header()->target_count, request.query);
  if (command == DM_TABLE_DEPS) device.dependencies = ReadDependencies(exchange.data(), exchange.size());
  return device;
}

}  // namespace devmapper
