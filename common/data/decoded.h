// A data set just decoded, all of it in memory: the readers in datasets/ produce it, the cache
// keeps it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/aligned_buffer.h"
#include "common/data/image_layout.h"
#include "common/round/feature_shape.h"

namespace fedround::data {

// How an input is stored. Part of the cache's format: never renumber.
enum class ValueType : std::uint32_t {
  kUint8 = 1,    // stands for value / 255
  kFloat32 = 2,  // stands for itself
};

inline std::size_t ValueBytes(ValueType type) { return type == ValueType::kUint8 ? 1 : 4; }

struct DecodedSplit {
  AlignedBuffer<std::byte> values;  // [examples, inputs] of the data set's ValueType
  std::vector<std::uint32_t> labels;
};

struct Decoded {
  ValueType type = ValueType::kUint8;
  FeatureShape shape;                 // of an example: images channels last, anything else flat
  std::optional<ImageLayout> layout;  // of the file; nothing if it has no axis of channels
  std::size_t classes = 0;
  DecodedSplit train;
  DecodedSplit test;
  std::vector<std::uint32_t> natural_clients;  // [training examples] of 0 .. clients-1, or empty
  std::string client_names;                    // packed (client_names.h)

  std::size_t inputs() const { return shape.size(); }
};

// The largest label + 1.
std::size_t CountClasses(std::span<const std::uint32_t> labels);

// Checks what holds for every data set, whoever decoded it: as many labels as examples, at least
// one training example, at least two classes, every label a class, every input finite. There may be
// no test examples. Errors: DATA_LOSS, with `name` and the row.
absl::Status CheckDecoded(const Decoded& decoded, absl::string_view name);
// The same except for the values of the inputs: enough to look at it row by row.
absl::Status CheckShapes(const Decoded& decoded, absl::string_view name);

// SHA-256 over a text that lists the type, the shapes and the SHA-256 of every array
// (little-endian), one per line; see the .cc for the text.
std::string ContentHash(const Decoded& decoded);

}  // namespace fedround::data
