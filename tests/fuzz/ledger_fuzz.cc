#include "common/base/check.h"
#include "common/ledger/columns.h"
#include "common/ledger/csv_export.h"
#include "common/ledger/store/run_reader.h"
#include "common/ledger/store/run_recorder.h"
#include "common/ledger/trace/trace_export.h"
#include "experiments/analysis/costs.h"
#include "experiments/analysis/run.h"
#include "experiments/analysis/verify/verify.h"
#include "tests/fuzz/support/damaged_ledger.h"
#include "tests/fuzz/support/fuzz_one.h"

namespace fedround::fuzz {
namespace {

void CheckTimes(std::span<const Nanos> phases) {
  for (const Nanos phase : phases) {
    CHECK(phase >= -ledger::kLongestPhase && phase <= ledger::kLongestPhase);
  }
}

void CheckTime(Nanos time) { CHECK(time >= -ledger::kLargestTime && time <= ledger::kLargestTime); }

void CheckRow(const ledger::RoundRow& row) {
  CheckTime(row.start_ns);
  CheckTimes(row.phase_ns);
  CheckTimes(row.phase_cpu_ns);
}
void CheckRow(const ledger::TaskRow& row) {
  CheckTime(row.start_ns);
  CheckTime(row.end_ns);
  CheckTimes(row.phase_ns);
  CheckTimes(row.phase_cpu_ns);
  CheckTimes(row.step_ns);
}
void CheckRow(const ledger::StepRow& row) {
  CheckTime(row.start_ns);
  CheckTime(row.collect_ns);
}
void CheckRow(const ledger::AnswerRow& row) {
  CHECK(row.task >= TaskKind::kTrain && row.task < TaskKind::kLeave);
  CheckTime(row.folded_ns);
}
template <typename Row>
void CheckRow(const Row&) {}

template <typename Row>
void ReadTable(ledger::Database& database) {
  ledger::ForEach<Row>(database, [](const Row& row) {
    CheckRow(row);
    return true;
  }).IgnoreError();
}

void ReadTables(ledger::Database& database) {
#define FEDROUND_READ(Row) ReadTable<ledger::Row>(database);
  FEDROUND_LEDGER_TABLES(FEDROUND_READ)
#undef FEDROUND_READ
  ledger::ReadVerdict(database).IgnoreError();
}

}  // namespace

// Everything that reads a ledger reads one that is damaged as the bytes say (damaged_ledger.h).
// What is accepted must be within the reader's limits, and whatever is computed from it must be
// defined.
void FuzzOne(std::span<const std::uint8_t> bytes) {
  static const DamagedLedger run;
  run.Damage(bytes);
  auto database = ledger::OpenLedger(run.folder());
  if (!database.ok()) return;
  ReadTables(*database);
  for (const absl::string_view name : ledger::kCsvFiles) {
    const auto ignore = [](absl::string_view) { return absl::OkStatus(); };
    ledger::MakeCsv(*database, name, ignore).IgnoreError();
  }
  ledger::ExportTrace(*database, run.folder()).IgnoreError();
  ledger::ReadFoldedSets(run.folder()).IgnoreError();
  analysis::Verify(run.folder()).IgnoreError();
  if (const auto read = analysis::ReadRun(run.folder()); read.ok()) {
    analysis::MeasureCosts(*read).IgnoreError();
  }
}

}  // namespace fedround::fuzz
