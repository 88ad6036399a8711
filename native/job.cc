#include "job.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "libdm.h"

namespace devmapper {
namespace {

Failure TimedOut(const Request& request) {
  return {Reason::kTimedOut, ETIMEDOUT, OperationName(request.query), Describe(request.selector), {}};
}

bool IsAboutAll(const Request& request) {
  switch (request.query) {
    case Query::kList:
    case Query::kTargets:
    case Query::kVersion:
      return false;
    default:
      return request.selector.is_all();
  }
}

bool IsGone(const Device& device) { return device.failure && device.failure->reason == Reason::kNoDevice; }

}  // namespace

Job::Job(std::shared_ptr<Client> client, uint32_t id, Request request, Clock::time_point deadline)
    : client_(std::move(client)), id_(id), request_(std::move(request)), deadline_(deadline) {
  if (request_.numbers.empty()) {
    waiting_.push_back({IsAboutAll(request_) ? Request{Query::kList, {}, {}} : request_, 0});
    return;
  }
  std::vector<Device> devices(request_.numbers.size());
  for (size_t slot = 0; slot < devices.size(); ++slot) devices[slot].number = request_.numbers[slot];
  missing_ = 0;
  Expand(std::move(devices));
}

bool Job::Settle(const Step& step, Answer answer) {
  if (finished_) return false;
  if (expanded_) {
    Device& device = devices_[step.slot];
    if (Device* found = std::get_if<Device>(&answer); found != nullptr) {
      device = std::move(*found);
    } else if (Failure* failure = std::get_if<Failure>(&answer); failure != nullptr) {
      if (!device.name.empty()) failure->device = device.name;
      device.failure = std::make_shared<const Failure>(std::move(*failure));
    }
    answered_[step.slot] = true;
  } else if (IsAboutAll(request_) && std::holds_alternative<std::vector<Device>>(answer)) {
    Expand(std::get<std::vector<Device>>(std::move(answer)));
  } else {
    // A list that failed is told as the failure of what was asked for.
    if (Failure* failure = std::get_if<Failure>(&answer); failure != nullptr)
      failure->operation = OperationName(request_.query);
    answer_ = std::move(answer);
  }
  finished_ = --missing_ == 0;
  return finished_;
}

void Job::Expand(std::vector<Device> devices) {
  expanded_ = true;
  devices_ = std::move(devices);
  answered_.assign(devices_.size(), false);
  missing_ += devices_.size();
  for (size_t slot = 0; slot < devices_.size(); ++slot) {
    // Asked by number, which no rename changes; name and uuid tell other calls that it is the same device.
    Selector selector{devices_[slot].name, devices_[slot].uuid, devices_[slot].number, true};
    waiting_.push_back({{request_.query, std::move(selector), {}}, slot});
  }
}

void Job::Expire() {
  finished_ = true;
  waiting_.clear();
  if (!expanded_) {
    answer_ = TimedOut(request_);
    return;
  }
  for (size_t slot = 0; slot < devices_.size(); ++slot) {
    if (answered_[slot]) continue;
    Failure failure = TimedOut(request_);
    failure.device = devices_[slot].name;
    devices_[slot].failure = std::make_shared<const Failure>(std::move(failure));
  }
}

void Job::Abandon() {
  finished_ = true;
  waiting_.clear();
  client_.reset();
}

void Job::Refuse(int error) {
  answer_ = Failure{Reason::kOther,
                    error,
                    OperationName(request_.query),
                    Describe(request_.selector),
                    {"no thread to ask on"}};
  Deliver();
}

void Job::Deliver() {
  if (!client_) return;
  if (expanded_) {
    devices_.erase(std::remove_if(devices_.begin(), devices_.end(), IsGone), devices_.end());
    answer_ = std::move(devices_);
  }
  client_->Deliver(id_, std::move(answer_));
  client_.reset();
}

}  // namespace devmapper
