#pragma once

#include <napi.h>

#include "records.h"

namespace devmapper {

// JavaScript functions that make one object each from positional values. Such an object has one hidden class
// and costs a fraction of one that is built key by key through Node-API.
struct Factories {
  Napi::FunctionReference device;
  Napi::FunctionReference segment;
  Napi::FunctionReference failure;
};

Napi::Value ToJs(Napi::Env env, const Factories& factories, const Answer& answer);

}  // namespace devmapper
