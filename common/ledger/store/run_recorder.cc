#include "common/ledger/store/run_recorder.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/io/file.h"
#include "common/base/mutex.h"
#include "common/base/status_macros.h"
#include "common/ledger/csv_export.h"
#include "common/ledger/modelled_time.h"
#include "common/ledger/store/schema.h"
#include "common/ledger/store/sqlite.h"
#include "common/ledger/trace/trace_export.h"

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
  void AddTask(TaskRecord) override {}
  void AddTraffic(TrafficRecord) override {}
  void AddConnection(ConnectionRecord) override {}
  void AddFailure(FailureRecord) override {}
  absl::Status CommitRound(const RoundRecord&) override { return absl::OkStatus(); }
  absl::Status Finish(const Verdict&) override { return absl::OkStatus(); }
  void TellOfWaits(std::function<void(std::string)>) override {}
  void StopWaiting() override {}
};

// One INSERT a table, prepared once. Peers may report twice: of tasks the first report counts, of
// clients and evaluations the last. A round comes once.
struct Inserts {
  Statement round, step, answer, metric, health, task, client, connection, traffic, evaluation,
      failure, verdict;

  static absl::StatusOr<Inserts> Prepare(Database& database);
};

absl::StatusOr<Inserts> Inserts::Prepare(Database& database) {
  ASSIGN_OR_RETURN(Statement round, database.PrepareInsert("INSERT", "rounds"));
  ASSIGN_OR_RETURN(Statement step, database.PrepareInsert("INSERT", "steps"));
  ASSIGN_OR_RETURN(Statement answer, database.PrepareInsert("INSERT", "answers"));
  ASSIGN_OR_RETURN(Statement metric, database.PrepareInsert("INSERT", "metrics"));
  ASSIGN_OR_RETURN(Statement health, database.PrepareInsert("INSERT", "health"));
  ASSIGN_OR_RETURN(Statement task, database.PrepareInsert("INSERT OR IGNORE", "tasks"));
  ASSIGN_OR_RETURN(Statement client, database.PrepareInsert("REPLACE", "clients"));
  ASSIGN_OR_RETURN(Statement connection, database.PrepareInsert("INSERT", "connections"));
  ASSIGN_OR_RETURN(Statement traffic, database.PrepareInsert("INSERT", "traffic"));
  ASSIGN_OR_RETURN(Statement evaluation, database.PrepareInsert("REPLACE", "evaluations"));
  ASSIGN_OR_RETURN(Statement failure, database.PrepareInsert("INSERT", "failures"));
  ASSIGN_OR_RETURN(Statement verdict, database.PrepareInsert("INSERT", "verdict"));
  return Inserts{std::move(round),      std::move(step),       std::move(answer),
                 std::move(metric),     std::move(health),     std::move(task),
                 std::move(client),     std::move(connection), std::move(traffic),
                 std::move(evaluation), std::move(failure),    std::move(verdict)};
}

// What was added since the last commit.
struct Pending {
  std::vector<ClientRecord> clients;
  std::vector<EvaluationRecord> evaluations;
  std::vector<TaskRecord> tasks;
  std::vector<TrafficRecord> traffic;
  std::vector<ConnectionRecord> connections;
  std::vector<FailureRecord> failures;

  void MoveTo(Pending& to) {
    const auto move = [](auto& from, auto& to_end) {
      std::ranges::move(from, std::back_inserter(to_end));
      from.clear();
    };
    move(clients, to.clients);
    move(evaluations, to.evaluations);
    move(tasks, to.tasks);
    move(traffic, to.traffic);
    move(connections, to.connections);
    move(failures, to.failures);
  }
};

class SqliteRecorder final : public RunRecorder {
 public:
  SqliteRecorder(std::string folder, Database database, Inserts inserts)
      : folder_(std::move(folder)), database_(std::move(database)), inserts_(std::move(inserts)) {}

  void AddClient(ClientRecord client) override { Add(&Pending::clients, std::move(client)); }
  void AddEvaluation(EvaluationRecord evaluation) override {
    Add(&Pending::evaluations, std::move(evaluation));
  }
  void AddTask(TaskRecord task) override { Add(&Pending::tasks, std::move(task)); }
  void AddTraffic(TrafficRecord traffic) override { Add(&Pending::traffic, traffic); }
  void AddConnection(ConnectionRecord connection) override {
    Add(&Pending::connections, std::move(connection));
  }
  void AddFailure(FailureRecord failure) override { Add(&Pending::failures, std::move(failure)); }

  absl::Status CommitRound(const RoundRecord& round) override {
    return Commit([&] { return InsertRound(round); });
  }
  absl::Status Finish(const Verdict& verdict) override;
  void TellOfWaits(std::function<void(std::string)> tell) override {
    database_.TellOfWaits(std::move(tell));
  }
  void StopWaiting() override { database_.StopWaiting(); }

 private:
  template <typename Row>
  void Add(std::vector<Row> Pending::*rows, Row row) {
    MutexLock lock(mutex_);
    (pending_.*rows).push_back(std::move(row));
  }
  // Writes the pending rows and those of `body` in one transaction. If it fails, the pending ones
  // come with the next.
  template <typename Body>
  absl::Status Commit(const Body& body);
  absl::Status InsertRound(const RoundRecord& round);
  // `client`: none for the coordinator's own.
  absl::Status InsertHealth(std::uint32_t round, std::optional<std::int64_t> client,
                            const std::vector<HealthValue>& health);
  absl::Status InsertAnswers(std::uint32_t round, const std::vector<AnswerRecord>& answers);
  absl::Status InsertTask(const TaskRecord& task);
  absl::Status InsertTraffic(const TrafficRecord& traffic);
  absl::Status InsertConnection(const ConnectionRecord& connection);
  absl::Status InsertPending();

  const std::string folder_;
  Database database_;
  Inserts inserts_;
  Pending
      unwritten_;  // those that were pending when the last transaction began, until it is through
  Mutex mutex_;
  Pending pending_ ABSL_GUARDED_BY(mutex_);
};

template <typename Body>
absl::Status SqliteRecorder::Commit(const Body& body) {
  {
    MutexLock lock(mutex_);
    pending_.MoveTo(unwritten_);
  }
  const absl::Status committed = database_.Transact([&] {
    const absl::Status pending = InsertPending();
    return pending.ok() ? body() : pending;
  });
  if (!committed.ok()) return committed;
  unwritten_ = {};
  return absl::OkStatus();
}

absl::Status SqliteRecorder::InsertRound(const RoundRecord& round) {
  RETURN_IF_ERROR(inserts_.round.Run(
      round.round, round.cohort.size(), round.folded.size(), round.dropped.size(),
      round.total_weight, HexId(round.model_before), HexId(round.model_after), round.train_loss,
      round.start_ns, round.phase_ns, round.phase_cpu_ns, round.fold_ns, round.fold_cpu_ns,
      round.record_ns, round.involuntary_switches, round.steal_ns, round.probe_ns,
      round.payload_bytes_down, round.payload_bytes_up, round.message_bytes_down,
      round.message_bytes_up, round.wire_bytes_down, round.wire_bytes_up,
      round.retransmitted_bytes_down));
  for (const StepRecord& step : round.steps) {
    RETURN_IF_ERROR(inserts_.step.Run(round.round, step.attempt, TaskName(step.task), step.start_ns,
                                      step.broadcast_ns, step.collect_ns));
  }
  RETURN_IF_ERROR(InsertAnswers(round.round, round.evaluated));
  RETURN_IF_ERROR(InsertAnswers(round.round, round.folded));
  for (const AnswerRecord& folded : round.folded) {
    for (const auto& [name, value] : folded.metrics) {
      RETURN_IF_ERROR(inserts_.metric.Run(round.round, folded.client, name, value));
    }
    RETURN_IF_ERROR(
        InsertHealth(round.round, static_cast<std::int64_t>(folded.client), folded.health));
  }
  return absl::OkStatus();
}

absl::Status SqliteRecorder::InsertHealth(std::uint32_t round, std::optional<std::int64_t> client,
                                          const std::vector<HealthValue>& health) {
  for (const auto& [layer, quantity, value] : health) {
    RETURN_IF_ERROR(inserts_.health.Run(round, client, layer, quantity, value));
  }
  return absl::OkStatus();
}

absl::Status SqliteRecorder::InsertAnswers(std::uint32_t round,
                                           const std::vector<AnswerRecord>& answers) {
  for (const AnswerRecord& answer : answers) {
    RETURN_IF_ERROR(inserts_.answer.Run(
        round, answer.client, answer.attempt, TaskName(answer.task), answer.weight, answer.sent_ns,
        answer.received_ns, answer.accepted_ns, answer.fold_start_ns, answer.folded_ns));
  }
  return absl::OkStatus();
}

absl::Status SqliteRecorder::InsertTask(const TaskRecord& task) {
  const TaskCost& cost = task.cost;
  return inserts_.task.Run(cost.round, cost.client, cost.attempt, TaskName(cost.task),
                           cost.start_ns, cost.end_ns, cost.phase_ns, cost.phase_cpu_ns,
                           cost.step_ns, cost.steps, cost.sampled_steps, cost.involuntary_switches,
                           DeviceTime(cost), task.clock_offset_ns, task.clock_bound_ns,
                           cost.payload_bytes_down, cost.payload_bytes_up, cost.message_bytes_down,
                           cost.message_bytes_up);
}

absl::Status SqliteRecorder::InsertTraffic(const TrafficRecord& traffic) {
  return inserts_.traffic.Run(
      traffic.round, traffic.connection, traffic.calls, traffic.payload_bytes_down,
      traffic.payload_bytes_up, traffic.message_bytes_down, traffic.message_bytes_up,
      traffic.wire_bytes_down, traffic.wire_bytes_up, traffic.retransmitted_bytes_down);
}

absl::Status SqliteRecorder::InsertConnection(const ConnectionRecord& connection) {
  std::optional<std::int64_t> client;
  if (connection.client.has_value()) client = static_cast<std::int64_t>(*connection.client);
  return inserts_.connection.Run(connection.connection, client, connection.peer,
                                 connection.opened_ns, connection.closed_ns, connection.calls,
                                 connection.wire_bytes_down, connection.wire_bytes_up,
                                 connection.retransmitted_bytes_down);
}

absl::Status SqliteRecorder::InsertPending() {
  for (const ClientRecord& client : unwritten_.clients) {
    RETURN_IF_ERROR(inserts_.client.Run(client.client, client.host, client.pid, client.examples,
                                        client.joined_ns, client.name));
  }
  for (const EvaluationRecord& evaluation : unwritten_.evaluations) {
    RETURN_IF_ERROR(inserts_.evaluation.Run(
        evaluation.round, evaluation.examples_of, evaluation.examples, evaluation.loss,
        evaluation.accuracy, evaluation.start_ns, evaluation.wall_ns, evaluation.cpu_ns));
    RETURN_IF_ERROR(InsertHealth(evaluation.round, std::nullopt, evaluation.health));
  }
  for (const TaskRecord& task : unwritten_.tasks) RETURN_IF_ERROR(InsertTask(task));
  for (const TrafficRecord& traffic : unwritten_.traffic) RETURN_IF_ERROR(InsertTraffic(traffic));
  for (const ConnectionRecord& connection : unwritten_.connections) {
    RETURN_IF_ERROR(InsertConnection(connection));
  }
  for (const FailureRecord& failure : unwritten_.failures) {
    RETURN_IF_ERROR(inserts_.failure.Run(failure.round, failure.client, failure.what,
                                         failure.message, failure.at_ns));
  }
  return absl::OkStatus();
}

absl::Status SqliteRecorder::Finish(const Verdict& verdict) {
  RETURN_IF_ERROR(Commit([] { return absl::OkStatus(); }));
  RETURN_IF_ERROR(ExportCsv(database_, folder_));
  RETURN_IF_ERROR(ExportTrace(database_, folder_));
  // Last: a run whose record is not whole has not ended well.
  RETURN_IF_ERROR(Commit(
      [&] { return inserts_.verdict.Run(verdict.outcome, verdict.message, verdict.exit_code); }));
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

// Takes neither another run's file nor a link to somewhere else. Closes it: while SQLite has a file
// open, closing another descriptor of it would give SQLite's locks away.
absl::Status CreateEmpty(const std::string& path) {
  const Fd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (fd.valid()) return absl::OkStatus();
  if (errno != EEXIST) return ErrnoStatus(errno, path);
  return absl::AlreadyExistsError(
      absl::StrCat(path, ": the folder holds a run already; choose another"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<RunRecorder>> RunRecorder::Create(const std::string& folder) {
  if (folder.empty()) return std::make_unique<NullRecorder>();
  RETURN_IF_ERROR(MakeFolders(folder));
  const std::string path = absl::StrCat(folder, "/", kLedgerFile);
  RETURN_IF_ERROR(CreateEmpty(path));
  absl::StatusOr<std::unique_ptr<RunRecorder>> recorder = OpenRecorder(folder, path);
  if (recorder.ok()) return recorder;
  // Or the next attempt would take them for a run's.
  for (const char* suffix : {"", "-wal", "-shm"}) unlink(absl::StrCat(path, suffix).c_str());
  return recorder;
}

}  // namespace fedround::ledger
