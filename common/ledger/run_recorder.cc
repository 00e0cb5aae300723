#include "common/ledger/run_recorder.h"

#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "common/ledger/csv_export.h"
#include "common/ledger/modelled_time.h"
#include "common/ledger/schema.h"
#include "common/ledger/sqlite.h"

namespace fedround::ledger {
namespace {

absl::string_view TaskName(TaskKind task) {
  switch (task) {
    case TaskKind::kTrain:
      return "train";
    case TaskKind::kEvaluate:
      return "evaluate";
    case TaskKind::kExchange:
      return "exchange";
    case TaskKind::kLeave:
      return "leave";
  }
  return "unknown";
}

std::string HexId(ModelId id) { return absl::StrFormat("%016x", id); }

class NullRecorder final : public RunRecorder {
 public:
  void AddClient(ClientRecord) override {}
  void AddEvaluation(EvaluationRecord) override {}
  void AddCost(TaskCost) override {}
  void AddFailure(FailureRecord) override {}
  absl::Status CommitRound(const RoundRecord&) override { return absl::OkStatus(); }
  absl::Status Finish(const Verdict&) override { return absl::OkStatus(); }
};

// One INSERT a table, prepared once. Peers may report twice: of tasks the first report counts, of
// clients and evaluations the last. A round comes once.
struct Inserts {
  Statement round, folded, metric, task, client, evaluation, failure, verdict;

  static absl::StatusOr<Inserts> Prepare(Database& database);
};

absl::StatusOr<Inserts> Inserts::Prepare(Database& database) {
  ASSIGN_OR_RETURN(
      Statement round,
      database.Prepare("INSERT INTO rounds VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"));
  ASSIGN_OR_RETURN(Statement folded, database.Prepare("INSERT INTO folded VALUES (?,?,?)"));
  ASSIGN_OR_RETURN(Statement metric, database.Prepare("INSERT INTO metrics VALUES (?,?,?,?)"));
  ASSIGN_OR_RETURN(
      Statement task,
      database.Prepare("INSERT OR IGNORE INTO tasks VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"));
  ASSIGN_OR_RETURN(Statement client, database.Prepare("REPLACE INTO clients VALUES (?,?,?,?)"));
  ASSIGN_OR_RETURN(Statement evaluation,
                   database.Prepare("REPLACE INTO evaluations VALUES (?,?,?,?,?,?,?)"));
  ASSIGN_OR_RETURN(Statement failure, database.Prepare("INSERT INTO failures VALUES (?,?,?,?)"));
  ASSIGN_OR_RETURN(Statement verdict, database.Prepare("INSERT INTO verdict VALUES (?,?,?)"));
  return Inserts{std::move(round),  std::move(folded),     std::move(metric),  std::move(task),
                 std::move(client), std::move(evaluation), std::move(failure), std::move(verdict)};
}

class SqliteRecorder final : public RunRecorder {
 public:
  SqliteRecorder(std::string folder, Database database, Inserts inserts)
      : folder_(std::move(folder)), database_(std::move(database)), inserts_(std::move(inserts)) {}

  void AddClient(ClientRecord client) override { clients_.push_back(std::move(client)); }
  void AddEvaluation(EvaluationRecord evaluation) override {
    evaluations_.push_back(std::move(evaluation));
  }
  void AddCost(TaskCost cost) override { costs_.push_back(cost); }
  void AddFailure(FailureRecord failure) override { failures_.push_back(std::move(failure)); }

  absl::Status CommitRound(const RoundRecord& round) override {
    return Commit([&] { return InsertRound(round); });
  }
  absl::Status Finish(const Verdict& verdict) override;

 private:
  // Writes the pending rows and those of `body` in one transaction. They stay pending if it fails.
  template <typename Body>
  absl::Status Commit(const Body& body);
  absl::Status InsertRound(const RoundRecord& round);
  absl::Status InsertCost(const TaskCost& cost);
  absl::Status InsertPending();

  const std::string folder_;
  Database database_;
  Inserts inserts_;
  std::vector<ClientRecord> clients_;
  std::vector<EvaluationRecord> evaluations_;
  std::vector<TaskCost> costs_;
  std::vector<FailureRecord> failures_;
};

template <typename Body>
absl::Status SqliteRecorder::Commit(const Body& body) {
  const absl::Status committed = database_.Transact([&] {
    const absl::Status pending = InsertPending();
    return pending.ok() ? body() : pending;
  });
  if (!committed.ok()) return committed;
  clients_.clear();
  evaluations_.clear();
  costs_.clear();
  failures_.clear();
  return absl::OkStatus();
}

absl::Status SqliteRecorder::InsertRound(const RoundRecord& round) {
  RETURN_IF_ERROR(inserts_.round.Run(
      round.round, round.cohort.size(), round.folded.size(), round.dropped.size(),
      round.total_weight, HexId(round.model_before), HexId(round.model_after), round.train_loss,
      round.start_ns, round.select_ns, round.broadcast_ns, round.collect_ns, round.commit_ns,
      round.fold_ns, round.payload_bytes_down, round.payload_bytes_up, round.message_bytes_down,
      round.message_bytes_up));
  for (const FoldedClient& folded : round.folded) {
    RETURN_IF_ERROR(inserts_.folded.Run(round.round, folded.client, folded.weight));
    for (const auto& [name, value] : folded.metrics) {
      RETURN_IF_ERROR(inserts_.metric.Run(round.round, folded.client, name, value));
    }
  }
  return absl::OkStatus();
}

absl::Status SqliteRecorder::InsertCost(const TaskCost& cost) {
  const auto phase = [&](ClientPhase which) { return cost.phase_ns[static_cast<int>(which)]; };
  return inserts_.task.Run(
      cost.round, cost.client, cost.attempt, TaskName(cost.task), cost.start_ns,
      phase(ClientPhase::kDownload), phase(ClientPhase::kDecode), phase(ClientPhase::kWaitSlot),
      phase(ClientPhase::kTrain), phase(ClientPhase::kEncode), phase(ClientPhase::kWaitCredit),
      phase(ClientPhase::kUpload), DeviceTime(cost), cost.train_cpu_ns, cost.payload_bytes_down,
      cost.payload_bytes_up, cost.message_bytes_down, cost.message_bytes_up);
}

absl::Status SqliteRecorder::InsertPending() {
  for (const ClientRecord& client : clients_) {
    RETURN_IF_ERROR(inserts_.client.Run(client.client, client.host, client.pid, client.examples));
  }
  for (const EvaluationRecord& evaluation : evaluations_) {
    RETURN_IF_ERROR(inserts_.evaluation.Run(
        evaluation.round, evaluation.examples_of, evaluation.examples, evaluation.loss,
        evaluation.accuracy, evaluation.wall_ns, evaluation.cpu_ns));
  }
  for (const TaskCost& cost : costs_) RETURN_IF_ERROR(InsertCost(cost));
  for (const FailureRecord& failure : failures_) {
    RETURN_IF_ERROR(
        inserts_.failure.Run(failure.round, failure.client, failure.what, failure.message));
  }
  return absl::OkStatus();
}

absl::Status SqliteRecorder::Finish(const Verdict& verdict) {
  const absl::Status committed = Commit(
      [&] { return inserts_.verdict.Run(verdict.outcome, verdict.message, verdict.exit_code); });
  if (!committed.ok()) return committed;
  RETURN_IF_ERROR(ExportCsv(database_, folder_));
  database_.LeaveWal();
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<RunRecorder>> OpenRecorder(const std::string& folder,
                                                          const std::string& path) {
  ASSIGN_OR_RETURN(
      Database database,
      Database::Create(path, absl::StrCat(kSchema, "PRAGMA user_version = ", kSchemaVersion)));
  ASSIGN_OR_RETURN(Inserts inserts, Inserts::Prepare(database));
  return std::make_unique<SqliteRecorder>(folder, std::move(database), std::move(inserts));
}

}  // namespace

absl::StatusOr<std::unique_ptr<RunRecorder>> RunRecorder::Create(const std::string& folder) {
  if (folder.empty()) return std::make_unique<NullRecorder>();
  RETURN_IF_ERROR(MakeFolders(folder));
  const std::string path = absl::StrCat(folder, "/", kLedgerFile);
  if (FileExists(path)) {
    return absl::AlreadyExistsError(
        absl::StrCat(path, ": the folder holds a run already; choose another"));
  }
  absl::StatusOr<std::unique_ptr<RunRecorder>> recorder = OpenRecorder(folder, path);
  if (recorder.ok()) return recorder;
  // Or the next attempt would take them for a run's.
  for (const char* suffix : {"", "-wal", "-shm"}) unlink(absl::StrCat(path, suffix).c_str());
  return recorder;
}

}  // namespace fedround::ledger
