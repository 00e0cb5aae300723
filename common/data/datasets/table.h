// All data sets. To add one, write a file in this folder with a function `DatasetEntry
// NameEntry()`, and the line `FEDROUND_DATASET(Name)` in table.inc. Examples: blobs.cc is
// generated, mnist.cc is read from files.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/plug_in.h"
#include "common/data/decoded.h"

namespace fedround::data {

// The key by which an experiment names its data set; stands before errors about options.
inline constexpr absl::string_view kDatasetKey = "data.name";

// What a data set is decoded from.
struct DecodeRequest {
  PlugIn options;
  std::vector<std::string> sources;  // as DatasetEntry::sources returned them
  std::uint64_t seed = 0;            // for generated sets: others depend on their sources alone
  ImageLayout layout = ImageLayout::kAuto;  // for files that do not say it themselves
};

struct DatasetEntry {
  PlugInInfo info;
  // The files that it is read from, all of which exist; none for a generated set.
  absl::StatusOr<std::vector<std::string>> (*sources)(const PlugIn& options);
  absl::StatusOr<Decoded> (*decode)(const DecodeRequest& request);
};

#define FEDROUND_DATASET(name) DatasetEntry name##Entry();
#include "common/data/datasets/table.inc"
#undef FEDROUND_DATASET

std::span<const DatasetEntry> DatasetTable();

}  // namespace fedround::data
