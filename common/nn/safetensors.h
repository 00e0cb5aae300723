// A model as a safetensors file, which Python, Rust and browsers read without running any code.
//
// A file is: header length N (uint64, little-endian) | N bytes of JSON, {name: {dtype, shape,
// data_offsets}} | the data. Ours is canonical: tensors sorted by name, float32, data in the same
// order without gaps, no metadata, the header padded with spaces to a multiple of 8 bytes. So the
// file's hash is a function of the model alone. Source: https://github.com/huggingface/safetensors,
// "Format".
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/round/named_parameters.h"
#include "common/round/types.h"

namespace fedround::nn {

// `parameters` [P] are laid out as `specs` say. The file is written straight from `parameters`,
// under a temporary name, and then renamed. Errors: INVALID_ARGUMENT if two tensors have the same
// name, or a name is empty, not UTF-8 or "__metadata__", or the specs do not add up to P; what the
// file system says, with the path.
absl::Status WriteSafetensors(const std::string& path, std::span<const TensorSpec> specs,
                              std::span<const float> parameters);

// The SHA-256 of the file that WriteSafetensors would write. The same errors.
absl::StatusOr<std::string> SafetensorsSha256(std::span<const TensorSpec> specs,
                                              std::span<const float> parameters);

// Reads any safetensors file of float32 tensors; metadata of other programs is skipped. Tensors are
// in the order of their data, which in our files is that of their names; all names differ.
// Errors: NOT_FOUND; RESOURCE_EXHAUSTED if the header or the tensors are larger than the limits;
// DATA_LOSS for anything else that is wrong in the file, with the path and the tensor.
absl::StatusOr<NamedParameters> ReadSafetensors(const std::string& path,
                                                std::size_t max_parameters = 250'000'000);
// The same from a file's bytes; errors do not name a path.
absl::StatusOr<NamedParameters> ParseSafetensors(std::span<const std::byte> bytes,
                                                 std::size_t max_parameters);

}  // namespace fedround::nn
