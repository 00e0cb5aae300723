// main of all test programs.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  // Compute slots of its own, which whatever it starts shares: a run of the same user beside it
  // must not keep tests waiting.
  std::string folder = ::testing::TempDir() + "/fedround-slots-XXXXXX";
  if (mkdtemp(folder.data()) != nullptr) setenv("XDG_RUNTIME_DIR", folder.c_str(), 1);
  const int result = RUN_ALL_TESTS();
  std::filesystem::remove_all(folder);
  return result;
}
