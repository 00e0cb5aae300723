// A small run folder whose ledger was damaged as a fuzzer's bytes say: cells, columns, tables,
// rows, or the bytes of the file. Everything else in the folder is intact.
//
// Random bytes as a file would only test SQLite's parser, not how our code treats a wrong value.
// The tables are not STRICT, so any cell may hold anything.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "tests/fuzz/support/scratch_folder.h"

struct sqlite3;

namespace fedround::fuzz {

class DamagedLedger {
 public:
  DamagedLedger();

  const std::string& folder() const { return scratch_.path(); }
  // Five bytes are one change: its kind, and four numbers that say where and how.
  void Damage(std::span<const std::uint8_t> bytes) const;

 private:
  ScratchFolder scratch_;
  std::vector<std::uint8_t> whole_;  // the file of a ledger that `verify` accepts
};

}  // namespace fedround::fuzz
