// Runs the corpus and some thousand mutations of it through the function that libFuzzer calls.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "common/base/rng.h"
#include "tests/fuzz/support/fuzz_one.h"

namespace fedround::fuzz {
namespace {

using Bytes = std::vector<std::uint8_t>;

// Sorted by name, so that mutations are the same on every machine.
std::vector<Bytes> Corpus() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(FEDROUND_FUZZ_CORPUS)) {
    paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  std::vector<Bytes> corpus;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return corpus;
}

// Replaces, removes or repeats a few bytes.
Bytes Mutated(Bytes bytes, Rng& rng) {
  const std::uint32_t changes = 1 + rng.Below(4);
  for (std::uint32_t i = 0; i < changes && !bytes.empty(); ++i) {
    const auto at = bytes.begin() + rng.Below(static_cast<std::uint32_t>(bytes.size()));
    const auto left = static_cast<std::uint32_t>(bytes.end() - at);
    const auto count = 1 + rng.Below(std::min(left, 16U));
    switch (rng.Below(4)) {
      case 0: {
        bytes.erase(at, at + count);
        break;
      }
      case 1: {
        const Bytes doubled(at, at + count);
        bytes.insert(at, doubled.begin(), doubled.end());
        break;
      }
      case 2: {
        *at ^= static_cast<std::uint8_t>(1U << rng.Below(8));
        break;
      }
      default: {
        *at = static_cast<std::uint8_t>(rng.Below(256));
      }
    }
  }
  return bytes;
}

TEST(Replay, CorpusAndItsMutationsAreRefusedOrRight) {
  constexpr int kMutations = 4000;
  const std::vector<Bytes> corpus = Corpus();
  ASSERT_FALSE(corpus.empty());
  for (const Bytes& bytes : corpus) FuzzOne(bytes);
  Rng rng(1, RngPurpose::kSyntheticData);
  for (int i = 0; i < kMutations; ++i) {
    FuzzOne(Mutated(corpus[rng.Below(static_cast<std::uint32_t>(corpus.size()))], rng));
  }
}

}  // namespace
}  // namespace fedround::fuzz
