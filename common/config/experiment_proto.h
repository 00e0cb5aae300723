// Between the struct the code reads and the message the wire carries: field by field, nothing
// checked.
#pragma once

#include "common/config/experiment.h"

namespace fedround::v1 {
class Experiment;
class PlugIn;
}  // namespace fedround::v1

namespace fedround::config {

v1::Experiment ToProto(const Experiment& experiment);
v1::PlugIn ToProto(const PlugIn& plug_in);

Experiment FromProto(const v1::Experiment& message);
// An option without a value becomes an empty text.
PlugIn FromProto(const v1::PlugIn& message);

}  // namespace fedround::config
