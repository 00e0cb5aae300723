// All codecs. To add one, write a file in this folder with a class that derives from Step
// (common/codec/step.h) and a function `CodecEntry NameEntry()`, and the line `FEDROUND_CODEC(Name)`
// in table.inc. What the class states about itself (facts, error bounds) is what the contract tests
// hold it to. Examples: float32.cc and int8.cc write numbers, topk.cc selects.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <variant>

#include "absl/status/statusor.h"
#include "common/base/plug_in.h"
#include "common/codec/step.h"

namespace fedround::codec {

// Numbers: all of [n] floats become bytes. The last step of a chain.
using MakeNumbers = std::unique_ptr<const Step> (*)(const PlugIn& options, std::size_t elements);

// A selection: [n] floats become bytes and `kept` floats, which depends on n and on options alone.
// It makes the step that writes those by calling make_rest(kept), and owns it. May return that step
// itself if it keeps all.
//   INVALID_ARGUMENT  it cannot count so many elements
using MakeRest = std::function<absl::StatusOr<std::unique_ptr<const Step>>(std::size_t kept)>;
using MakeSelection = absl::StatusOr<std::unique_ptr<const Step>> (*)(const PlugIn& options,
                                                                      std::size_t elements,
                                                                      const MakeRest& make_rest);

// A codec from bytes to bytes (zstd) would be a third kind, made from the steps before it, which it
// owns: it compresses what they wrote, and hands what it decompresses to their decoder.
using MakeStep = std::variant<MakeNumbers, MakeSelection>;

struct CodecEntry {
  PlugInInfo info;
  MakeStep make;  // its options are resolved
};

#define FEDROUND_CODEC(name) CodecEntry name##Entry();
#include "common/codec/codecs/table.inc"
#undef FEDROUND_CODEC

std::span<const CodecEntry> CodecTable();

}  // namespace fedround::codec
