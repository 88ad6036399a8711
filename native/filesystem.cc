#include "filesystem.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace devmapper {
namespace {

class Descriptor {
 public:
  Descriptor(const std::string& path, int flags) : fd_(open(path.c_str(), flags | O_CLOEXEC, 0600)) {
    if (fd_ < 0) throw CallFailure{errno, "open", path};
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

// A mount point can be a file, a pipe even: none of these opens may wait for one.
constexpr int kLook = O_RDONLY | O_NONBLOCK;

void Control(const std::string& path, unsigned long request, void* argument) {
  const Descriptor file(path, kLook);
  while (ioctl(file.get(), request, argument) != 0)
    if (errno != EINTR) throw CallFailure{errno, "ioctl", path};
}

bool Lock(int descriptor, const std::string& path) {
  while (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) throw CallFailure{errno, "flock", path};
  }
  return true;
}

}  // namespace

// glibc's strerrorname_np is younger than the libc that the prebuild is to run with.
const char* CallFailure::code() const {
  constexpr std::pair<int, const char*> kNames[] = {
      {EPERM, "EPERM"},     {ENOENT, "ENOENT"},      {EIO, "EIO"},       {ENXIO, "ENXIO"},
      {EBADF, "EBADF"},     {EAGAIN, "EAGAIN"},      {ENOMEM, "ENOMEM"}, {EACCES, "EACCES"},
      {EBUSY, "EBUSY"},     {EEXIST, "EEXIST"},      {ENODEV, "ENODEV"}, {ENOTDIR, "ENOTDIR"},
      {EISDIR, "EISDIR"},   {EINVAL, "EINVAL"},      {ENFILE, "ENFILE"}, {EMFILE, "EMFILE"},
      {ENOTTY, "ENOTTY"},   {EFBIG, "EFBIG"},        {ENOSPC, "ENOSPC"}, {EROFS, "EROFS"},
      {ELOOP, "ELOOP"},     {ENOLCK, "ENOLCK"},      {ENOSYS, "ENOSYS"}, {ENAMETOOLONG, "ENAMETOOLONG"},
      {EDQUOT, "EDQUOT"},   {ESTALE, "ESTALE"},      {EINTR, "EINTR"},   {EOPNOTSUPP, "EOPNOTSUPP"},
      {ENOTBLK, "ENOTBLK"}, {EREMOTEIO, "EREMOTEIO"}};
  for (const auto& [number, name] : kNames)
    if (number == error) return name;
  return "UNKNOWN";
}

void Freeze(const std::string& path) { Control(path, FIFREEZE, nullptr); }

void Thaw(const std::string& path) { Control(path, FITHAW, nullptr); }

void SyncFilesystem(const std::string& path) {
  const Descriptor file(path, kLook);
  if (syncfs(file.get()) != 0) throw CallFailure{errno, "syncfs", path};
}

void SetReadOnly(const std::string& device, bool read_only) {
  int value = read_only ? 1 : 0;
  Control(device, BLKROSET, &value);
}

bool IsReadOnly(const std::string& device) {
  int value = 0;
  Control(device, BLKROGET, &value);
  return value != 0;
}

void FlushDevice(const std::string& device) { Control(device, BLKFLSBUF, nullptr); }

uint64_t DeviceSize(const std::string& device) {
  uint64_t bytes = 0;
  Control(device, BLKGETSIZE64, &bytes);
  return bytes;
}

std::optional<int> LockFile(const std::string& path) {
  Descriptor file(path, O_CREAT | O_RDWR | O_NOFOLLOW | O_NONBLOCK);
  return Lock(file.get(), path) ? std::optional(file.release()) : std::nullopt;
}

bool LockDescriptor(int descriptor) { return Lock(descriptor, ""); }

void DropCache(int descriptor) {
  if (const int error = posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED); error != 0)
    throw CallFailure{error, "fadvise", ""};
}

void UnlockFile(int descriptor) {
  if (close(descriptor) != 0 && errno != EINTR) throw CallFailure{errno, "close", ""};
}

}  // namespace devmapper
