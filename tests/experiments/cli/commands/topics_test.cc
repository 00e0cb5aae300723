#include "experiments/cli/commands/topics.h"

#include <gtest/gtest.h>

#include "absl/strings/str_split.h"

namespace fedround::cli {
namespace {

TEST(Topics, FitATerminal) {
  for (const Topic& topic : Topics()) {
    for (const absl::string_view line : absl::StrSplit(topic.text, '\n')) {
      EXPECT_LE(line.size(), 80U) << topic.name << ": " << line;
    }
  }
}

}  // namespace
}  // namespace fedround::cli
