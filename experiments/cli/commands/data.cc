// fedround data describe: what a data set contains, and what is wrong with it.
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <utility>

#include "common/base/exit_code.h"
#include "common/base/io/file.h"
#include "common/base/status_macros.h"
#include "common/data/dataset.h"
#include "common/data/decode_dataset.h"
#include "common/data/limits.h"
#include "experiments/cli/commands/commands.h"
#include "experiments/cli/screen/terminal.h"
#include "experiments/cli/text/data_text.h"

namespace fedround::cli {
namespace {

constexpr std::uint64_t kSeed = 1;  // for generated sets: the default of run.seed

// The name an experiment would use: a folder of IDX files, a data set by its name, or an npz file.
PlugIn Named(const std::string& given) {
  std::error_code error;
  if (std::filesystem::is_directory(given, error)) return {"idx", {{"path", given}}};
  const bool known = std::ranges::any_of(
      data::Datasets(), [&](const PlugInInfo& entry) { return entry.name == given; });
  if (known && !FileExists(given)) return {given, {}};
  return {"npz", {{"path", given}}};
}

absl::StatusOr<std::vector<data::NpzArray>> ArraysIn(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string contents, ReadFile(path, data::kMaxBytes));
  return data::ListNpz(std::as_bytes(std::span(contents.data(), contents.size())), path);
}

DataDescription Describe(const std::string& given, data::ImageLayout layout) {
  DataDescription description{.name = given};
  const PlugIn name = Named(given);
  if (name.name == "npz" && !name.options.empty()) {
    // If the archive is damaged, decoding reports that.
    description.arrays = ArraysIn(given).value_or(std::vector<data::NpzArray>());
  }
  absl::StatusOr<data::Decoded> decoded = data::DecodeDataset(name, kSeed, layout);
  description.verdict = decoded.status();
  if (!decoded.ok()) return description;
  description.verdict = data::CheckDecoded(*decoded, given);
  description.report = analysis::MeasureData(*decoded);
  description.decoded = *std::move(decoded);
  return description;
}

}  // namespace

int RunDataDescribe(const DataDescribeCommand& command) {
  const bool colour = DetectTerminal(STDOUT_FILENO).colour;
  int code = exit_code::kDone;
  bool first = true;
  for (const std::string& file : command.files) {
    const DataDescription description = Describe(file, command.layout);
    if (command.json) {
      std::cout << DataJson(description) << std::endl;
    } else {
      if (!std::exchange(first, false)) std::cout << '\n';
      for (const std::string& line : DataLines(description, colour)) std::cout << line << '\n';
      std::cout.flush();
    }
    if (description.verdict.ok()) continue;
    const int its_code = Fail(description.verdict.message(), exit_code::Of(description.verdict));
    if (code == exit_code::kDone) code = its_code;
  }
  return code;
}

}  // namespace fedround::cli
