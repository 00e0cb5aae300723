// What happens when there is no memory: the program says so and ends; nothing here can go on
// without.
#pragma once

namespace fedround {

// Call it early in main. From then on `new` that fails, and a thread that cannot be started, end
// the program with a line on standard error and exit_code::kEnvironment instead of abort().
void ExitWhenOutOfMemory();

// For those who allocate otherwise. Calls what `new` would.
[[noreturn]] void OutOfMemory();

}  // namespace fedround
