// std::cout over an Output, so that the program knows at its end whether all text was printed.
#pragma once

#include <array>
#include <streambuf>

#include "absl/status/status.h"
#include "common/base/io/output.h"

namespace fedround::cli {

// While it lives, std::cout writes through it. Flush std::cout before asking for the status.
class StandardOutput final : public std::streambuf {
 public:
  StandardOutput();
  ~StandardOutput() override;
  StandardOutput(const StandardOutput&) = delete;
  StandardOutput& operator=(const StandardOutput&) = delete;

  const absl::Status& status() const { return output_.status(); }

 private:
  int_type overflow(int_type next) override;
  int sync() override;

  Output output_;
  std::array<char, 1 << 14> buffer_;
  std::streambuf* const before_;
};

}  // namespace fedround::cli
