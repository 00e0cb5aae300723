#include "common/round/named_parameters.h"

#include <algorithm>
#include <map>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/check.h"
#include "common/base/status_macros.h"

namespace fedround {
namespace {

absl::Status TensorError(const std::string& name, absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("tensor \"", absl::Utf8SafeCEscape(name), "\": ", what));
}

std::string ShapeText(const TensorSpec& spec) {
  return absl::StrCat("[", absl::StrJoin(spec.shape, ", "), "]");
}

// The tensors of a model, each of which can be taken once.
class Tensors {
 public:
  explicit Tensors(const NamedParameters& model) {
    std::size_t offset = 0;
    for (const TensorSpec& spec : model.specs) {
      const std::size_t elements = spec.elements();
      left_.emplace(spec.name, Tensor{&spec, model.parameters.span().subspan(offset, elements)});
      offset += elements;
    }
    CHECK(offset == model.parameters.size());
  }

  bool Has(const TensorSpec& spec) const {
    const auto found = left_.find(spec.name);
    return found != left_.end() && found->second.spec->shape == spec.shape;
  }

  absl::StatusOr<std::span<const float>> Take(const TensorSpec& spec) {
    const auto found = left_.find(spec.name);
    if (found == left_.end()) return TensorError(spec.name, "is missing");
    const Tensor tensor = found->second;
    if (tensor.spec->shape != spec.shape) {
      return TensorError(spec.name, absl::StrCat("has shape ", ShapeText(*tensor.spec),
                                                 ": must be ", ShapeText(spec)));
    }
    left_.erase(found);
    return tensor.values;
  }

  void Drop(absl::string_view layer) {
    std::erase_if(left_, [&](const auto& left) { return LayerOf(*left.second.spec) == layer; });
  }

  absl::Status CheckAllTaken() const {
    if (left_.empty()) return absl::OkStatus();
    return TensorError(left_.begin()->first, "is not one of those expected");
  }

 private:
  struct Tensor {
    const TensorSpec* spec;
    std::span<const float> values;
  };
  std::map<std::string, Tensor> left_;
};

}  // namespace

absl::StatusOr<FloatBuffer> LaidOutAs(std::span<const TensorSpec> specs,
                                      const NamedParameters& model) {
  Tensors tensors(model);
  FloatBuffer parameters(model.parameters.size());
  std::size_t filled = 0;
  for (const TensorSpec& spec : specs) {
    ASSIGN_OR_RETURN(const std::span<const float> tensor, tensors.Take(spec));
    std::ranges::copy(tensor, parameters.data() + filled);
    filled += tensor.size();
  }
  RETURN_IF_ERROR(tensors.CheckAllTaken());
  return parameters;
}

absl::StatusOr<bool> CopyBelowHead(std::span<const TensorSpec> specs, const NamedParameters& model,
                                   absl::string_view head, std::span<float> parameters) {
  Tensors tensors(model);
  const bool with_head = std::ranges::all_of(
      specs, [&](const TensorSpec& spec) { return LayerOf(spec) != head || tensors.Has(spec); });
  if (!with_head) tensors.Drop(head);
  std::size_t offset = 0;
  for (const TensorSpec& spec : specs) {
    const std::span<float> own = parameters.subspan(offset, spec.elements());
    offset += own.size();
    if (LayerOf(spec) == head && !with_head) continue;
    ASSIGN_OR_RETURN(const std::span<const float> tensor, tensors.Take(spec));
    std::ranges::copy(tensor, own.begin());
  }
  RETURN_IF_ERROR(tensors.CheckAllTaken());
  return with_head;
}

}  // namespace fedround
