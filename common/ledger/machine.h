// Describes this process and its machine, for the manifest.
#pragma once

#include <string>

#include "common/ledger/run_folder.h"

namespace fedround::ledger {

// A manifest with everything filled in that a process knows about itself: version, build, compiler,
// the current time, host, kernel, CPU, cores, SIMD level, memory. Command, seed, hashes and model
// are for the caller to fill in. What the system does not tell is left empty or 0.
Manifest DescribeThisProcess();

// "2026-01-31T12:34:56Z".
std::string TimeNow();

}  // namespace fedround::ledger
