#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace devmapper {

// A system call that failed: thrown by the functions below.
struct CallFailure {
  int error;
  const char* syscall;
  std::string path;
  // Of the errno, such as "EBUSY"; "UNKNOWN" for one that these calls are not known for.
  const char* code() const;
};

// Of the file system that a path is on, linux/fs.h. Freeze and SyncFilesystem wait for its disk.
void Freeze(const std::string& path);
void Thaw(const std::string& path);
void SyncFilesystem(const std::string& path);

// Of a block device, linux/fs.h. FlushDevice writes back what is cached of it, which waits for the disk, and
// forgets the rest.
void SetReadOnly(const std::string& device, bool read_only);
bool IsReadOnly(const std::string& device);
void FlushDevice(const std::string& device);
uint64_t DeviceSize(const std::string& device);

// Takes the flock(2) of a file, which is made where it is missing, and gives its descriptor; nothing if
// another open file has the lock. Waits for nobody and follows no link.
std::optional<int> LockFile(const std::string& path);
void UnlockFile(int descriptor);
// The flock(2) of what is open already; false if another open file has it.
bool LockDescriptor(int descriptor);

// Forgets what is cached of a file or block device and is on the disk, posix_fadvise(2).
void DropCache(int descriptor);

}  // namespace devmapper
