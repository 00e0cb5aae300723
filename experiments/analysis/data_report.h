// What to know about a data set before training on it: its composition, and what in it makes a run
// fail, learn badly or score better than it should.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/data/decoded.h"

namespace fedround::analysis {

// How many examples the natural clients have.
struct ClientSizes {
  std::uint64_t clients = 0;
  std::uint64_t smallest = 0;
  std::uint64_t largest = 0;
};

// Over all inputs of both splits, as a network gets them (bytes as value / 255).
struct InputRange {
  double least = 0;
  double most = 0;
  std::uint64_t values = 0;
  std::uint64_t not_finite = 0;  // of them; they are left out of least and most
  std::uint64_t constant = 0;    // features that are the same in all training examples
  std::uint64_t wide = 0;        // features that exceed [-kUsualInput, kUsualInput]
};

// Networks with our initial weights learn badly from inputs that are much larger.
inline constexpr double kUsualInput = 10;

// Examples with the same inputs to the bit.
struct Copies {
  std::uint64_t in_train = 0;            // training examples that repeat an earlier one
  std::uint64_t labelled_otherwise = 0;  // of them, those with another label
  std::uint64_t of_train_in_test = 0;    // test examples that are training examples as well
  // The first of them: rows of test and train.
  std::optional<std::pair<std::uint64_t, std::uint64_t>> first_in_test;
};

struct DataReport {
  std::vector<std::uint64_t> train_of_class;  // [classes] examples
  std::vector<std::uint64_t> test_of_class;   // [classes] examples
  std::optional<ClientSizes> clients;         // nothing: there are no natural clients
  InputRange range;
  Copies copies;
};

// `decoded` must pass CheckShapes. Takes 40 more bytes per example.
DataReport MeasureData(const data::Decoded& decoded);

// What makes a run fail, learn badly or score too well, most harmful first; one line each, which
// says what to do.
std::vector<std::string> Notes(const data::Decoded& decoded, const DataReport& report);

}  // namespace fedround::analysis
