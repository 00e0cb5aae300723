// Names for tests over a table of plug-ins.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace fedround {

// The last argument of INSTANTIATE_TEST_SUITE_P over entries with a member `PlugInInfo info`. A
// test may be called by letters, digits and underscores only.
struct EntryName {
  template <typename Entry>
  std::string operator()(const ::testing::TestParamInfo<Entry>& entry) const {
    std::string name(entry.param.info.name);
    std::ranges::replace(name, '-', '_');
    return name;
  }
};

}  // namespace fedround
