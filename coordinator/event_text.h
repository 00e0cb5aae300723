// A run's events as lines for people, for a coordinator that was started by hand.
#pragma once

#include <string>

#include "common/ledger/run_event.h"

namespace fedround::coordinator {

std::string EventText(const ledger::RunEvent& event);

}  // namespace fedround::coordinator
