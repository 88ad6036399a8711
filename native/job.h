#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "client.h"
#include "records.h"

namespace devmapper {

using Clock = std::chrono::steady_clock;

// One call to the kernel, and where in the job its answer goes.
struct Step {
  Request request;
  size_t slot = 0;
};

// What one Submit asked for: a single step, or the list and then a step for each device in it. Not
// thread-safe.
class Job {
 public:
  Job(std::shared_ptr<Client> client, uint32_t id, Request request, Clock::time_point deadline);

  const std::shared_ptr<Client>& client() const { return client_; }
  uint32_t id() const { return id_; }
  Clock::time_point deadline() const { return deadline_; }

  // Steps that nobody has taken yet.
  std::deque<Step>& waiting() { return waiting_; }
  bool finished() const { return finished_; }

  // Takes the answer of a step; true if it was the last one. Answers to a finished job are dropped.
  bool Settle(const Step& step, Answer answer);
  // Ends the job with what it has: every step without an answer has timed out.
  void Expire();
  // Ends the job without an answer.
  void Abandon();
  void Deliver();
  // Delivers a failure instead: it was never asked.
  void Refuse(int error);

 private:
  void Expand(std::vector<Device> devices);

  std::shared_ptr<Client> client_;
  uint32_t id_;
  Request request_;
  Clock::time_point deadline_;
  std::deque<Step> waiting_;
  size_t missing_ = 1;
  bool finished_ = false;
  bool expanded_ = false;
  std::vector<bool> answered_;
  // The devices of an expanded job, or the one answer of any other.
  std::vector<Device> devices_;
  Answer answer_;
};

}  // namespace devmapper
