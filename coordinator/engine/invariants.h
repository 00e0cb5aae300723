// For functions that return the first violated condition among those that hold between any two
// steps of an engine, as text; "" if there is none.
#pragma once

// Names the condition that does not hold.
#define HOLDS(condition) \
  if (!(condition)) return #condition
