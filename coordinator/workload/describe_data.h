// A data set and its clients, for people.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/config/experiment.h"
#include "common/data/dataset.h"

namespace fedround::coordinator {

// What was loaded and how it is dealt, in one line for people: "fashion-mnist: 60000 training and
// 10000 test examples, 784 features, 10 classes; 10 clients with 6000 examples each". With the
// layout of images and the number of natural clients where the experiment leaves them open.
std::string DescribeData(const Experiment& experiment, const data::Dataset& dataset,
                         const data::Deal& deal);

// What the data calls the clients, by id; views of `dataset`. Empty if it does not, or if the
// partition is not natural.
std::vector<absl::string_view> NamesOfClients(const Experiment& experiment,
                                              const data::Dataset& dataset);

}  // namespace fedround::coordinator
