// Between the struct that the code reads and the message that the wire carries.
#pragma once

#include "common/config/experiment.h"

namespace fedround::v1 {
class Experiment;
class PlugIn;
}  // namespace fedround::v1

namespace fedround::config {

v1::Experiment ToProto(const Experiment& experiment);
v1::PlugIn ToProto(const PlugIn& plug_in);

// Texts that are one of a few must be: Resolve has checked the message. Nothing else is checked.
Experiment FromProto(const v1::Experiment& message);
// An option without a value becomes an empty text.
PlugIn FromProto(const v1::PlugIn& message);

}  // namespace fedround::config
