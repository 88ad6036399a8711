#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "source.h"

namespace devmapper {

namespace libdm {
struct Api;
}

// libdevmapper, opened at run time: Debian's SONAME differs from everyone else's, so a linked addon would
// load on one of them only. Loads on the first query and is never unloaded; its control descriptor is closed
// on exec and otherwise stays open. Its log function and name mangling are the process's, and are ours from
// then on.
//
// Not thread-safe, but for one case that the engine needs: a call that sits in the kernel may overlap with
// others, because after its ioctl it touches its own task only (and the library's buffer growth factor, which
// only ever grows).
class LibDm : public Source {
 public:
  // `path` replaces the two SONAMEs that are tried otherwise.
  explicit LibDm(std::string path);
  ~LibDm() override;
  LibDm(const LibDm&) = delete;
  LibDm& operator=(const LibDm&) = delete;

  // Asks one thing, about one device except for kList, kTargets and kVersion. Blocks as long as the kernel
  // does.
  Answer Run(const Request& request) override;

 private:
  Answer AskAll(const Request& request);
  bool Load(Failure* failure);
  bool Connect(Failure* failure);

  std::string path_;
  std::string library_version_;
  uint32_t driver_version_[3] = {0, 0, 0};
  std::atomic<bool> connected_{false};
  std::unique_ptr<libdm::Api> api_;
};

const char* OperationName(Query query);

// How a device is named in an error: its name, uuid or major:minor.
std::string Describe(const Selector& selector);

}  // namespace devmapper
