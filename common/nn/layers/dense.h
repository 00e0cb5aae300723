// A dense layer: z = x w^T + b. It knows its place in the flat parameter vector and holds no
// weights.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "common/nn/sgd.h"
#include "common/round/types.h"

namespace fedround::nn {

// Spans over parameters are of the whole network, [P]; B is what the data spans have room for.
class Dense {
 public:
  // Its parameters are [offset, offset + parameter_count()): the weight [out, in], then the bias
  // [out].
  Dense(std::string name, std::size_t in, std::size_t out, std::size_t offset)
      : name_(std::move(name)), in_(in), out_(out), offset_(offset) {}

  const std::string& name() const { return name_; }
  std::size_t in() const { return in_; }
  std::size_t out() const { return out_; }
  std::size_t offset() const { return offset_; }
  std::size_t weight_count() const { return in_ * out_; }
  std::size_t parameter_count() const { return weight_count() + out_; }
  TensorSpec weight() const;
  TensorSpec bias() const;

  // z [B, out] from x [B, in].
  void Forward(std::span<const float> parameters, std::span<const float> x,
               std::span<float> z) const;
  // dx [B, in] from dz [B, out]. Before Update: it needs the weights that Forward used.
  void BackwardInput(std::span<const float> parameters, std::span<const float> dz,
                     std::span<float> dx) const;
  // One step along the gradient that x [B, in] and dz [B, out] make.
  void Update(const SgdOptions& options, const SgdState& state, std::span<const float> x,
              std::span<const float> dz) const;

 private:
  std::string name_;
  std::size_t in_;
  std::size_t out_;
  std::size_t offset_;
};

}  // namespace fedround::nn
