#pragma once

#include <napi.h>

#include "marshal.h"

namespace devmapper {

// The factories that this environment was given when it loaded the addon.
inline const Factories& FactoriesOf(Napi::Env env) { return *env.GetInstanceData<Factories>(); }

}  // namespace devmapper
