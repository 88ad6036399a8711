#pragma once

#include <functional>

namespace devmapper {

// Starts a detached thread that takes no signals: handlers of the process belong on its own threads. False if
// the process may have no more threads.
bool StartThread(const char* name, std::function<void()> body);

// Threads of ours outlive the worker that loaded this addon; its code must stay mapped.
void PinThisLibrary();

}  // namespace devmapper
