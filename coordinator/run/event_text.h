// A run's events as lines for people, for a coordinator that was started by hand.
#pragma once

#include <string>

#include "common/ledger/run_event.h"

namespace fedround::coordinator {

// What did not come from here is printable in it (common/base/printable.h).
std::string EventText(const ledger::RunEvent& told);

}  // namespace fedround::coordinator
