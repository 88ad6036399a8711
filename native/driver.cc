#include "driver.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

namespace devmapper {
namespace {

constexpr char kControl[] = "/dev/mapper/control";
// linux/miscdevice.h: MISC_MAJOR 10, MAPPER_CTRL_MINOR 236, fixed since 2.6.36.
constexpr unsigned kMiscMajor = 10;
constexpr unsigned kControlMinor = 236;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

Reason ReasonOf(int error) {
  switch (error) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
      return Reason::kNoDriver;
    case EACCES:
    case EPERM:
      return Reason::kNoPrivilege;
    default:
      return Reason::kOther;
  }
}

DriverProbe Failed(const char* operation) {
  const int error = errno;
  DriverProbe probe;
  probe.failure = {ReasonOf(error), error, operation, "", {}};
  return probe;
}

bool IsControl(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) &&
         status.st_rdev == makedev(kMiscMajor, kControlMinor);
}

}  // namespace

DriverProbe ProbeDriver() {
  const Descriptor control(open(kControl, O_RDWR | O_CLOEXEC));
  if (control.get() < 0) return Failed("open /dev/mapper/control");
  struct dm_ioctl header;
  std::memset(&header, 0, sizeof(header));
  // The kernel refuses a minor version above its own; 4.0.0 is what the version query itself needs.
  header.version[0] = 4;
  header.data_size = sizeof(header);
  if (ioctl(control.get(), DM_VERSION, &header) != 0) return Failed("DM_VERSION");
  DriverProbe probe;
  probe.ok = true;
  std::copy(std::begin(header.version), std::end(header.version), std::begin(probe.version));
  return probe;
}

void CloseControlOnExec() {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir("/proc/self/fd"), closedir);
  if (!directory) return;
  while (const dirent* entry = readdir(directory.get())) {
    if (entry->d_name[0] == '.') continue;
    const int fd = std::atoi(entry->d_name);
    if (IsControl(fd)) fcntl(fd, F_SETFD, fcntl(fd, F_GETFD) | FD_CLOEXEC);
  }
}

}  // namespace devmapper
