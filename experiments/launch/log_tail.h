// The last lines of a log, for a run's last screen.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace fedround::launch {

// The last `count` lines that are not blank, in order; long ones are cut, control characters become
// '?'. Empty if there is nothing to read.
std::vector<std::string> LogTail(const std::string& path, std::size_t count);

}  // namespace fedround::launch
