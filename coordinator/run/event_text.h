// A run's events as lines for people, for a coordinator that is started by hand.
#pragma once

#include <string>

#include "common/ledger/run_event.h"

namespace fedround::coordinator {

// Text from outside is made printable (common/base/printable.h).
std::string EventText(const ledger::RunEvent& told);

}  // namespace fedround::coordinator
