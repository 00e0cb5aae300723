// A small run folder, whole but for a ledger that a fuzzer's bytes have damaged: cells, columns,
// tables, rows, or the bytes of the file.
//
// Bytes alone would teach a fuzzer SQLite's format, not what ours makes of a value that is not what
// it should be. The tables are not STRICT, so that any cell may hold anything.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "tests/fuzz/scratch_folder.h"

struct sqlite3;

namespace fedround::fuzz {

class DamagedLedger {
 public:
  DamagedLedger();

  const std::string& folder() const { return scratch_.path(); }
  // Five bytes are one change: what, and four numbers that say where and how.
  void Damage(std::span<const std::uint8_t> bytes) const;

 private:
  ScratchFolder scratch_;
  std::vector<std::uint8_t> whole_;  // the file of a ledger that `verify` accepts
};

}  // namespace fedround::fuzz
