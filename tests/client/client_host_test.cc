// A host against a fake coordinator that sends the instructions it was given.
#include "client/client_host.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/base/mutex.h"
#include "common/config/experiment.h"
#include "common/config/specs.h"

namespace fedround::client {
namespace {

constexpr char kExperiment[] = R"(
[data]
name = {name = "blobs", classes = 3, features = 4, train = 20, test = 10}
[model]
hidden = [5]
[federation]
clients = 1
)";

Welcome WelcomeTo(const Experiment& experiment) {
  const auto dataset = OpenDataset(experiment).value();
  const auto network = nn::Network::Create(NetworkSpecOf(experiment, dataset)).value();
  return {.run_id = "run",
          .experiment = SerializeExperiment(experiment),
          .model = network.layout(),
          .data_hash = dataset.hash()};
}

// Asks for `rounds`, one after the other, each when all before are answered; then says leave.
class ScriptedLink final : public CoordinatorLink {
 public:
  explicit ScriptedLink(std::vector<std::uint32_t> rounds) : rounds_(std::move(rounds)) {}

  absl::StatusOr<Welcome> Join(const JoinRequest&) override { return welcome; }
  absl::StatusOr<Instruction> NextInstruction() override {
    MutexLock lock(mutex_);
    while (next_ > 0 && !Answered(rounds_[next_ - 1]) && !cancelled_) changed_.Wait(mutex_);
    if (cancelled_) return absl::CancelledError("cancelled");
    if (next_ == rounds_.size()) return Instruction{{.task = TaskKind::kLeave}};
    const std::uint32_t round = rounds_[next_++];
    return Instruction{{.id = round, .round = round}};
  }
  absl::StatusOr<TransferCost> FetchModel(const Instruction&, std::span<float> model) override {
    for (float& parameter : model) parameter = 0.1F;
    return TransferCost{};
  }
  absl::StatusOr<TransferCost> Submit(const UpdateHeader& header, std::span<const std::byte>,
                                      const std::function<void()>& on_credit) override {
    on_credit();
    MutexLock lock(mutex_);
    submitted_.push_back(static_cast<std::uint32_t>(header.ask));
    changed_.NotifyAll();
    return TransferCost{};
  }
  void ReportCost(const TaskCost&) override {}
  bool FlushReports() override { return true; }
  void Cancel() override {
    MutexLock lock(mutex_);
    cancelled_ = true;
    changed_.NotifyAll();
  }

  std::vector<std::uint32_t> submitted() {
    MutexLock lock(mutex_);
    return submitted_;
  }

  Welcome welcome;

 private:
  bool Answered(std::uint32_t round) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return std::ranges::find(submitted_, round) != submitted_.end();
  }

  const std::vector<std::uint32_t> rounds_;
  std::size_t next_ = 0;
  Mutex mutex_;
  CondVar changed_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::uint32_t> submitted_ ABSL_GUARDED_BY(mutex_);
};

TEST(ClientHost, DoesATaskOnceThoughItIsAskedAgain) {
  ScriptedLink link({1, 1, 2, 2, 2, 3});
  link.welcome = WelcomeTo(ParseExperimentToml(kExperiment, "tiny.toml", {}).value());
  const auto left = RunClientHost(link, {.clients = {0}, .threads = 1});
  ASSERT_TRUE(left.ok()) << left.status();
  EXPECT_EQ(link.submitted(), (std::vector<std::uint32_t>{1, 2, 3}));
}

TEST(ClientHost, SaysThatItDoesNotKnowAnExternalModel) {
  ScriptedLink link({1});
  link.welcome = {.run_id = "run",
                  .experiment = SerializeExperiment(
                      ParseExperimentToml("[model]\npreset = \"external\"\ninitial_weights = "
                                          "\"a\"\n[evaluation]\nfederated = true\n",
                                          "external.toml", {})
                          .value()),
                  .model = {.tensors = {{"weight", {1}}}, .fates = {Fate::kShared}}};
  const auto left = RunClientHost(link, {.clients = {0}, .threads = 1});
  EXPECT_TRUE(absl::IsFailedPrecondition(left.status())) << left.status();
  EXPECT_EQ(
      left.status().message(),
      "model.preset = \"external\": this program trains networks of fedround's own only; take "
      "part with a client that knows the model, such as one made from client/python");
}

TEST(ClientHost, SaysWhyItCouldNotBeSetUpThoughItListensMeanwhile) {
  ScriptedLink link({1});
  link.welcome = WelcomeTo(ParseExperimentToml(kExperiment, "tiny.toml", {}).value());
  link.welcome.data_hash = "another";
  const auto left = RunClientHost(link, {.clients = {0}, .threads = 1});
  EXPECT_TRUE(absl::IsFailedPrecondition(left.status())) << left.status();
}

}  // namespace
}  // namespace fedround::client
