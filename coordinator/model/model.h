#pragma once

#include <memory>
#include <utility>

#include "common/base/aligned_buffer.h"
#include "common/base/hash.h"
#include "common/round/types.h"

namespace fedround::coordinator {

// A model as it is broadcast: one buffer that every fetch shares.
struct Model {
  ModelId id = 0;
  FloatBuffer parameters;
};

// Named after its bytes.
inline std::shared_ptr<Model> NamedModel(FloatBuffer parameters) {
  const ModelId id = Xxh3(std::as_bytes(std::as_const(parameters).span()));
  return std::make_shared<Model>(Model{.id = id, .parameters = std::move(parameters)});
}

}  // namespace fedround::coordinator
