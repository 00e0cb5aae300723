// One task against a fake coordinator that answers as it was told to.
#include "client/task.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

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
clients = 2
)";

// Calls end with the statuses in the queues, then with OK.
class FakeLink final : public CoordinatorLink {
 public:
  absl::StatusOr<Welcome> Join(const JoinRequest&) override { return absl::InternalError(""); }
  absl::StatusOr<Instruction> NextInstruction() override { return absl::InternalError(""); }
  absl::StatusOr<TransferCost> FetchModel(const Instruction&, std::span<float> model) override {
    ++fetches;
    for (float& parameter : model) parameter = 0.1F;
    if (absl::Status status = Next(fetch_ends); !status.ok()) return status;
    return TransferCost{.payload_bytes = 100, .message_bytes_down = 110, .message_bytes_up = 10};
  }
  absl::StatusOr<TransferCost> Submit(const UpdateHeader& header, std::span<const std::byte>,
                                      const std::function<void()>& on_credit) override {
    submitted.push_back(header);
    on_credit();
    if (absl::Status status = Next(submit_ends); !status.ok()) return status;
    return TransferCost{.payload_bytes = 200, .message_bytes_down = 1, .message_bytes_up = 220};
  }
  void ReportCost(const TaskCost& cost) override { reports.push_back(cost); }
  bool FlushReports() override { return true; }

  std::deque<absl::Status> fetch_ends, submit_ends;
  int fetches = 0;
  std::vector<UpdateHeader> submitted;
  std::vector<TaskCost> reports;

 private:
  static absl::Status Next(std::deque<absl::Status>& ends) {
    if (ends.empty()) return absl::OkStatus();
    absl::Status next = std::move(ends.front());
    ends.pop_front();
    return next;
  }
};

Welcome WelcomeTo(const Experiment& experiment) {
  const auto dataset = OpenDataset(experiment).value();
  const auto network = nn::Network::Create(NetworkSpecOf(experiment, dataset)).value();
  return {.run_id = "run",
          .experiment = SerializeExperiment(experiment),
          .model = network.layout(),
          .data_hash = dataset.hash()};
}

class TaskOfAClient : public ::testing::Test {
 protected:
  explicit TaskOfAClient(const std::vector<std::string>& overrides = {}) {
    const Experiment experiment = ParseExperimentToml(kExperiment, "tiny.toml", overrides).value();
    host = Host::Create(link, WelcomeTo(experiment), {.clients = {0, 1}}).value();
    bench.emplace(*host);
    bench->Prepare();
  }

  static Instruction Train(std::uint32_t round, ClientId client = 0) {
    return Instruction{{.id = round, .client = client, .round = round}};
  }
  void Run(const Instruction& instruction) { Run(instruction, host->now()); }
  void Run(const Instruction& instruction, Nanos arrived) {
    Task(*host, *bench, {instruction, arrived}).Run();
  }
  // The only report so far.
  TaskCost Report() const {
    EXPECT_EQ(link.reports.size(), 1U);
    return link.reports.empty() ? TaskCost{} : link.reports.front();
  }

  FakeLink link;
  std::unique_ptr<Host> host;
  std::optional<Workbench> bench;
};

class TaskWithoutLedger : public TaskOfAClient {
 protected:
  TaskWithoutLedger() : TaskOfAClient({"ledger.enabled=false"}) {}
};

class TaskWithErrorFeedback : public TaskOfAClient {
 protected:
  TaskWithErrorFeedback() : TaskOfAClient({"uplink.codec=[{name = \"topk\", k = 0.1}]"}) {}

  static Instruction Train(std::uint32_t round, std::uint32_t counted) {
    return Instruction{{.id = round, .round = round}, counted};
  }
};

Nanos SumOfPhases(const TaskCost& cost) {
  return std::accumulate(cost.phase_ns, cost.phase_ns + kClientPhases, Nanos{0});
}

// ---- the chain ----

TEST_F(TaskOfAClient, ReportsAGaplessChain) {
  Run(Train(1));
  const TaskCost cost = Report();
  EXPECT_EQ(cost.failure, "");
  EXPECT_EQ(cost.start_ns + SumOfPhases(cost), cost.end_ns);
  EXPECT_GT(cost.phase(ClientPhase::kTrain), 0);
  EXPECT_EQ(std::accumulate(cost.step_ns, cost.step_ns + kStepPhases, Nanos{0}),
            cost.phase(ClientPhase::kTrain));
  EXPECT_GE(cost.sent_ns, cost.end_ns);
}

TEST_F(TaskOfAClient, BeginsWhereItsClientsLastOneEnded) {
  Run(Train(1));
  Run(Train(1, /*client=*/1));
  Run(Train(2));
  ASSERT_EQ(link.reports.size(), 3U);
  EXPECT_EQ(link.reports[2].start_ns, link.reports[0].end_ns);
  EXPECT_EQ(link.reports[1].start_ns, link.reports[0].start_ns);  // when their host had joined
}

TEST_F(TaskOfAClient, DidNotWaitForAnInstructionThatCameBeforeTheLastTaskEnded) {
  const Nanos early = host->now();
  Run(Train(1));
  Run(Train(2), early);
  ASSERT_EQ(link.reports.size(), 2U);
  const TaskCost& second = link.reports[1];
  EXPECT_EQ(second.phase(ClientPhase::kWaitInstruction), 0);
  EXPECT_EQ(second.start_ns, link.reports[0].end_ns);
  EXPECT_EQ(second.start_ns + SumOfPhases(second), second.end_ns);
}

TEST_F(TaskOfAClient, WaitedUntilItsInstructionCame) {
  const Nanos joined = host->ChainEnd(0);
  const Nanos arrived = host->now();
  Run(Train(1), arrived);
  EXPECT_EQ(Report().start_ns, joined);
  EXPECT_EQ(Report().phase(ClientPhase::kWaitInstruction), arrived - joined);
}

// ---- faults ----

TEST_F(TaskOfAClient, TriesAgainForAsLongAsTheCoordinatorIsUnavailable) {
  link.fetch_ends.assign(4, absl::UnavailableError("connection refused"));
  Run(Train(1));
  EXPECT_EQ(link.fetches, 5);
  EXPECT_EQ(link.submitted.size(), 1U);
  EXPECT_EQ(Report().failure, "");
  EXPECT_EQ(Report().start_ns + SumOfPhases(Report()), Report().end_ns);
}

TEST_F(TaskOfAClient, BooksWhatAllItsTriesMoved) {
  link.submit_ends = {absl::UnavailableError("broken pipe")};
  Run(Train(1));
  ASSERT_EQ(link.submitted.size(), 2U);
  EXPECT_EQ(link.submitted[0].checksum, link.submitted[1].checksum);
  EXPECT_EQ(Report().payload_bytes_down, 100U);
  EXPECT_EQ(Report().message_bytes_down, 110U + 1);
  EXPECT_EQ(Report().payload_bytes_up, 200U);  // of a call that failed it is not known
  EXPECT_EQ(Report().message_bytes_up, 10U + 220);
}

TEST_F(TaskOfAClient, SendsWhatItHasComputedAgainAndDoesNotComputeItAgain) {
  link.submit_ends = {absl::UnavailableError("broken pipe"), absl::AbortedError("stood still")};
  Run(Train(1));
  EXPECT_EQ(link.fetches, 1);
  ASSERT_EQ(link.submitted.size(), 3U);
  EXPECT_EQ(link.submitted[2].checksum, link.submitted[0].checksum);
  EXPECT_GE(link.submitted[2].sent_ns, link.submitted[0].sent_ns);
  EXPECT_EQ(Report().failure, "");
  EXPECT_EQ(Report().retries, 2U);
  EXPECT_EQ(Report().start_ns + SumOfPhases(Report()), Report().end_ns);
}

TEST_F(TaskOfAClient, QueuesAgainAsOftenAsItLosesItsCredit) {
  link.submit_ends.assign(4, absl::AbortedError("stood still"));
  Run(Train(1));
  EXPECT_EQ(link.submitted.size(), 5U);
  EXPECT_EQ(Report().failure, "");
}

TEST_F(TaskOfAClient, ReportsThatItsModelIsGone) {
  link.fetch_ends = {absl::NotFoundError("no such model")};
  Run(Train(1));
  EXPECT_EQ(link.fetches, 1);
  EXPECT_EQ(Report().failure, "NOT_FOUND: no such model");
  EXPECT_EQ(Report().start_ns + SumOfPhases(Report()), Report().end_ns);
}

TEST_F(TaskOfAClient, ReportsThatItsAnswerCameTooLate) {
  link.submit_ends = {absl::FailedPreconditionError("late")};
  Run(Train(1));
  EXPECT_EQ(link.submitted.size(), 1U);
  EXPECT_EQ(Report().failure, "FAILED_PRECONDITION: late");
}

TEST_F(TaskOfAClient, GivesUpOnADamagedModelAfterThreeTries) {
  link.fetch_ends.assign(9, absl::DataLossError("hashes to something else"));
  Run(Train(1));
  EXPECT_EQ(link.fetches, 3);
  EXPECT_EQ(Report().failure, "DATA_LOSS: hashes to something else");
}

TEST_F(TaskOfAClient, ReportsAKindOfTaskThatItDoesNotKnow) {
  Run(Instruction{{.task = TaskKind::kLeave, .round = 1}});
  EXPECT_EQ(link.fetches, 0);
  EXPECT_NE(Report().failure, "");
}

TEST_F(TaskOfAClient, ReportsNothingOnceItsHostIsStopped) {
  host->Stop();
  Run(Train(1));
  EXPECT_TRUE(link.reports.empty());
}

// ---- with a memory ----

// A failed download, a lost upload and a model asked for twice are still one task.
TEST_F(TaskWithErrorFeedback, TriesThatFailChangeNothingThatIsRemembered) {
  Run(Train(1, 0));
  link.fetch_ends = {absl::UnavailableError("connection refused")};
  link.submit_ends = {absl::UnavailableError("broken pipe")};
  Run(Train(2, 1));
  const auto answer = link.submitted.back();
  Run(Train(2, 1));
  EXPECT_EQ(link.submitted.back().checksum, answer.checksum);
  EXPECT_NE(link.submitted.front().checksum, answer.checksum);
}

TEST_F(TaskWithErrorFeedback, ForgetsWhatDidNotCount) {
  Run(Train(1, 0));
  Run(Train(1, 0));
  ASSERT_EQ(link.submitted.size(), 2U);
  EXPECT_EQ(link.submitted[0].checksum, link.submitted[1].checksum);
}

TEST_F(TaskWithErrorFeedback, SaysThatItsMemoryIsLost) {
  Run(Train(5, 4));
  EXPECT_EQ(link.fetches, 0);
  EXPECT_TRUE(link.submitted.empty());
  EXPECT_NE(Report().failure.find("what it remembered with its answer to ask 4 is lost"),
            std::string::npos);
}

// ---- without a ledger ----

TEST_F(TaskWithoutLedger, OnlyAFailureIsReported) {
  Run(Train(1));
  EXPECT_EQ(link.submitted.size(), 1U);
  EXPECT_TRUE(link.reports.empty());
  link.fetch_ends = {absl::NotFoundError("no such model")};
  Run(Train(2));
  EXPECT_EQ(Report().failure, "NOT_FOUND: no such model");
}

}  // namespace
}  // namespace fedround::client
