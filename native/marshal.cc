#include "marshal.h"

#include <cmath>
#include <iterator>
#include <string>

namespace devmapper {
namespace {

Napi::Value ToJs(Napi::Env env, const std::string& text) { return Napi::String::New(env, text); }

Napi::Value ToJs(Napi::Env env, double number) { return Napi::Number::New(env, number); }

// The block layer ends at 2^54 sectors; above 2^53 a double still holds every even one.
double Sectors(uint64_t count) { return static_cast<double>(count); }

template <typename Item, typename Convert>
Napi::Array ToArray(Napi::Env env, const std::vector<Item>& items, Convert convert) {
  Napi::Array array = Napi::Array::New(env, items.size());
  for (size_t index = 0; index < items.size(); ++index) {
    const Napi::HandleScope scope(env);
    array.Set(static_cast<uint32_t>(index), convert(items[index]));
  }
  return array;
}

std::string ToText(DeviceNumber number) {
  return std::to_string(number.major) + ":" + std::to_string(number.minor);
}

const char* ToText(Reason reason) {
  switch (reason) {
    case Reason::kNoLibrary:
      return "no-library";
    case Reason::kNoDriver:
      return "no-driver";
    case Reason::kNoPrivilege:
      return "no-privilege";
    case Reason::kNoDevice:
      return "no-device";
    case Reason::kTimedOut:
      return "timed-out";
    case Reason::kOther:
      break;
  }
  return "other";
}

// The bits are named in lib/native.ts.
double Flags(const Device& device) {
  return (device.suspended ? 1 : 0) + (device.read_only ? 2 : 0) + (device.live_table ? 4 : 0) +
         (device.inactive_table ? 8 : 0) + (device.deferred_remove ? 16 : 0) +
         (device.internal_suspend ? 32 : 0);
}

class Marshal {
 public:
  Marshal(Napi::Env env, const Factories& factories)
      : env_(env), factories_(factories), make_device_(factories.device.Value()) {}

  Napi::Value operator()(const Failure& failure) const {
    const auto text = [this](const std::string& line) { return ToJs(env_, line); };
    return factories_.failure.Call({ToJs(env_, ToText(failure.reason)), ToJs(env_, failure.error),
                                    ToJs(env_, failure.operation), ToJs(env_, failure.device),
                                    ToArray(env_, failure.log, text)});
  }

  Napi::Value operator()(const Segment& segment) const {
    return factories_.segment.Call({ToJs(env_, Sectors(segment.start)), ToJs(env_, Sectors(segment.length)),
                                    ToJs(env_, segment.target), ToJs(env_, segment.params)});
  }

  Napi::Value operator()(const Device& device) const {
    const auto number = [this](DeviceNumber below) { return ToJs(env_, ToText(below)); };
    // Most devices have one segment, which goes along in the same call, and no dependencies.
    const bool one = device.segments.size() == 1;
    const napi_value null = env_.Null();
    const napi_value values[] = {
        ToJs(env_, device.name),
        ToJs(env_, device.uuid),
        ToJs(env_, device.number.major),
        ToJs(env_, device.number.minor),
        ToJs(env_, device.open_count),
        ToJs(env_, device.event_number),
        ToJs(env_, Flags(device)),
        one ? null : static_cast<napi_value>(ToArray(env_, device.segments, *this)),
        device.dependencies.empty() ? null
                                    : static_cast<napi_value>(ToArray(env_, device.dependencies, number)),
        device.failure ? static_cast<napi_value>((*this)(*device.failure)) : null,
        one ? static_cast<napi_value>(ToJs(env_, Sectors(device.segments[0].start))) : null,
        one ? static_cast<napi_value>(ToJs(env_, Sectors(device.segments[0].length))) : null,
        one ? static_cast<napi_value>(ToJs(env_, device.segments[0].target)) : null,
        one ? static_cast<napi_value>(ToJs(env_, device.segments[0].params)) : null,
    };
    return make_device_.Call(std::size(values), values);
  }

  Napi::Value operator()(const std::vector<Device>& devices) const { return ToArray(env_, devices, *this); }

  Napi::Value operator()(const std::vector<TargetVersion>& targets) const {
    return ToArray(env_, targets, [this](const TargetVersion& target) {
      Napi::Object object = Napi::Object::New(env_);
      object.Set("name", ToJs(env_, target.name));
      object.Set("version",
                 ToJs(env_, std::to_string(target.version[0]) + "." + std::to_string(target.version[1]) +
                                "." + std::to_string(target.version[2])));
      return object;
    });
  }

  Napi::Value operator()(const Versions& versions) const {
    Napi::Object object = Napi::Object::New(env_);
    object.Set("library", ToJs(env_, versions.library));
    object.Set("driver", ToJs(env_, versions.driver));
    return object;
  }

 private:
  Napi::Env env_;
  const Factories& factories_;
  Napi::Function make_device_;
};

}  // namespace

Napi::Value ToJs(Napi::Env env, const Factories& factories, const Answer& answer) {
  return std::visit(Marshal(env, factories), answer);
}

}  // namespace devmapper
