// What `fedround data describe` prints about a data set: lines, or JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/data/datasets/npz.h"
#include "common/data/decoded.h"
#include "experiments/analysis/data_report.h"

namespace fedround::cli {

struct DataDescription {
  std::string name;                      // as it was given
  std::vector<data::NpzArray> arrays;    // of a file of arrays
  std::optional<data::Decoded> decoded;  // nothing: it cannot be read
  analysis::DataReport report;           // of `decoded`
  absl::Status verdict;                  // what a run would say
};

// Aligned in columns. Notes come last, in red if `colour`; the verdict is not in it.
std::vector<std::string> DataLines(const DataDescription& description, bool colour);
// One object: {"data", "readable", "error"?, "arrays": [{"name", "dtype", "shape"}], and if it
// could be decoded "train", "test", "features", "type", "image"?, "classes": [{"class", "train",
// "test"}], "clients"?, "range", "copies", "notes"}.
std::string DataJson(const DataDescription& description);

}  // namespace fedround::cli
