#pragma once

#include <cstdint>

namespace fedround::coordinator {

// An upload, from its header to its fold; 0: none. This is all that the engine knows of a payload.
using UploadHandle = std::uint64_t;

}  // namespace fedround::coordinator
