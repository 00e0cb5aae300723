#include "common/config/serialized.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/stubs/logging.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/config/experiment_proto.h"
#include "common/config/problems.h"
#include "common/config/resolve.h"
#include "fedround/v1/experiment.pb.h"

namespace fedround {

namespace config {

absl::StatusOr<Experiment> ParseSerialized(absl::string_view serialized, TableLookup tables) {
  if (serialized.size() > kMaxSerializedBytes) {
    return absl::InvalidArgumentError(absl::StrCat("experiment: ", serialized.size(),
                                                   " bytes; the limit is ", kMaxSerializedBytes));
  }
  v1::Experiment message;
  // Protobuf would log one line per text that is not UTF-8: a peer could fill the log.
  const google::protobuf::LogSilencer silencer;
  if (!message.ParseFromArray(serialized.data(), static_cast<int>(serialized.size()))) {
    return absl::InvalidArgumentError(absl::StrCat("experiment: these ", serialized.size(),
                                                   " bytes are not a fedround.v1.Experiment"));
  }
  Problems problems;
  return Resolve(std::move(message), tables, problems);
}

std::string SerializeMessage(const google::protobuf::Message& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream out(&stream);
    // Maps in the order of their keys: the same experiment gives the same bytes.
    out.SetSerializationDeterministic(true);
    CHECK(message.SerializeToCodedStream(&out));
  }
  return bytes;
}

}  // namespace config

std::string SerializeExperiment(const Experiment& experiment) {
  return config::SerializeMessage(config::ToProto(experiment));
}

}  // namespace fedround
