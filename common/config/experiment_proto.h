// Conversion between the struct that the code uses and the message on the wire.
#pragma once

#include "common/config/experiment.h"

namespace fedround::v1 {
class Experiment;
class PlugIn;
}  // namespace fedround::v1

namespace fedround::config {

v1::Experiment ToProto(const Experiment& experiment);
v1::PlugIn ToProto(const PlugIn& plug_in);

// Names of enumerated values must be valid, as Resolve has checked. Nothing else is checked.
Experiment FromProto(const v1::Experiment& message);
// An option without a value becomes an empty text.
PlugIn FromProto(const v1::PlugIn& message);

}  // namespace fedround::config
