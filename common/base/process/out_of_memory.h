// What happens when memory runs out: the program says so and ends, since nothing can go on without.
#pragma once

namespace fedround {

// Call it early in main. From then on a failing `new`, or a thread that cannot be started, ends the
// program with a line on standard error and exit_code::kEnvironment instead of abort().
void ExitWhenOutOfMemory();

// For code that allocates by other means; does what a failing `new` does.
[[noreturn]] void OutOfMemory();

}  // namespace fedround
