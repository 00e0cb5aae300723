// Every change of a file beside the ledger must be found.
#include <filesystem>

#include "tests/experiments/analysis/verify/tampering.h"

namespace fedround::analysis {
namespace {

TEST(VerifyFiles, FindsADigitOfACsvFile) {
  const std::string folder = WriteSyntheticRun();
  Replace(folder + "/clients.csv", "\n2,", "\n3,");
  ExpectFound(folder, "clients.csv: line 8 is not what ledger.sqlite says");
}

TEST(VerifyFiles, FindsALineThatIsMissingAtTheEndOfACsvFile) {
  const std::string folder = WriteSyntheticRun();
  std::string text = ReadFile(folder + "/rounds.csv").value();
  text.resize(text.rfind('\n', text.size() - 2) + 1);
  ASSERT_TRUE(WriteFileAtomically(folder + "/rounds.csv", text).ok());
  ExpectFound(folder, "rounds.csv: line 5 is not what ledger.sqlite says");
}

// A file may say that it is larger than any memory.
TEST(VerifyFiles, FindsFilesThatGoOnWithoutReadingThem) {
  for (const char* name : {"rounds.csv", "clients.csv", "health.csv", "model.safetensors"}) {
    const std::string folder = WriteSyntheticRun();
    std::filesystem::resize_file(absl::StrCat(folder, "/", name), std::uintmax_t{50} << 30);
    ExpectFound(folder, absl::StrCat(name, ": "));
  }
}

TEST(VerifyFiles, FindsAMissingCsvFile) {
  const std::string folder = WriteSyntheticRun();
  std::filesystem::remove(folder + "/rounds.csv");
  ExpectFound(folder, "rounds.csv: ");
}

TEST(VerifyFiles, FindsAFlippedBitOfTheModel) {
  const std::string folder = WriteSyntheticRun();
  const std::string path = folder + "/model.safetensors";
  std::string bytes = ReadFile(path).value();
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  ASSERT_TRUE(WriteFileAtomically(path, bytes).ok());
  ExpectFound(folder, "status.json: model_sha256 is ");
}

TEST(VerifyFiles, FindsThatTheModelOfAFinishedRunIsMissing) {
  const std::string folder = WriteSyntheticRun();
  std::filesystem::remove(folder + "/model.safetensors");
  ExpectFound(folder, "model.safetensors: ");
  std::filesystem::remove(folder + "/status.json");
  ExpectFound(folder, "model.safetensors: ");
}

TEST(VerifyFiles, FindsAnotherModelWithItsHash) {
  const std::string folder = WriteSyntheticRun();
  const std::string path = folder + "/model.safetensors";
  ledger::RunStatus status = ledger::ReadRunStatus(folder).value();
  std::string bytes = ReadFile(path).value();
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  ASSERT_TRUE(WriteFileAtomically(path, bytes).ok());
  status.model_sha256 = Sha256Hex(bytes);
  ASSERT_TRUE(ledger::WriteRunStatus(folder, status).ok());
  ExpectFound(folder, "rounds, round 4: model_after is ");
}

TEST(VerifyFiles, FindsAnotherStatus) {
  const std::string folder = WriteSyntheticRun();
  Replace(folder + "/status.json", "\"rounds_done\": 4", "\"rounds_done\": 3");
  ExpectFound(folder, "status.json: rounds_done is 3");
}

TEST(VerifyFiles, FindsAnotherConfiguration) {
  const std::string folder = WriteSyntheticRun();
  Replace(folder + "/config.toml", "seed = 5", "seed = 6");
  ExpectFound(folder, "manifest.json: experiment_hash is ");
}

TEST(VerifyFiles, FindsClientsThatTheSeedDidNotDraw) {
  const std::string folder = WriteSyntheticRun({.clients = 6, .cohort = 3});
  Replace(folder + "/config.toml", "seed = 5", "seed = 6");
  ledger::Manifest manifest = ledger::ReadManifest(folder).value();
  const Experiment experiment = LoadExperiment(folder + "/config.toml", {}).value();
  manifest.seed = 6;
  manifest.experiment_hash = Sha256Hex(SerializeExperiment(experiment));
  ASSERT_TRUE(ledger::WriteManifest(folder, manifest).ok());
  ExpectFound(folder, "its client is not in the cohort that seed and round draw");
}

}  // namespace
}  // namespace fedround::analysis
