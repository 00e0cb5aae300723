// The model with which a round ends, prepared beside the one that is still being served: nobody
// sees it before it is published, and if the run ends first, nothing has changed.
#pragma once

#include <memory>

#include "common/algorithm/algorithm.h"
#include "common/base/aligned_buffer.h"
#include "common/round/trained_entries.h"
#include "coordinator/model/model.h"

namespace fedround::coordinator {

// Computes it from the model `current` of P parameters and the `mean` [Q] of the updates to its
// trained entries. If all entries are trained, the next model is in the memory of `mean` and takes
// no other; otherwise it is in a copy of the current one.
std::shared_ptr<Model> NextModel(const Model& current, FloatBuffer mean,
                                 const TrainedEntries& trained, algorithm::Algorithm& algorithm);

}  // namespace fedround::coordinator
