#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include "source.h"

namespace devmapper {

// Our own descriptor of /dev/mapper/control, for what libdevmapper cannot do: it keeps its descriptor
// private, and the armed state that events need belongs to the open file. No state of the process's, no
// allocation a call: answers are read from a buffer of the calling thread that is reused, zeroed, and grows.
// Any number of threads may call at once.
class Control : public Source {
 public:
  Control() = default;
  ~Control() override;
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  // Opens the descriptor unless it is open; false, with the reason, if the driver cannot be asked.
  bool Open(Failure* failure);

  int descriptor() const { return descriptor_; }

  // Events, and their numbers in the list, are to be had from ioctl version 4.37 on (Linux 4.14).
  bool has_events() const { return version_[0] > 4 || version_[1] >= 37; }

  // Makes the descriptor readable at the next event after this call. 0 or an errno; never blocks on a disk.
  int Arm();

  // The same answers as LibDm's, but for kTargets, kVersion and the makeup of kDevice, which it does not
  // have.
  Answer Run(const Request& request) override;

 private:
  Answer List(const Request& request);
  Answer AskDevice(const Request& request);

  std::mutex opening_;
  std::atomic<bool> is_open_{false};
  int descriptor_ = -1;
  uint32_t version_[3] = {0, 0, 0};
};

}  // namespace devmapper
