#include "experiments/cli/commands/topics.h"

namespace fedround::cli {
namespace {

constexpr absl::string_view kData = R"(Data: what can be trained on, and how it reaches the clients.

  data.name = "fashion-mnist"                  what the package has
  data.name = "mnist"                          scripts/setup --data mnist
  data.name = {name = "npz", path = "my.npz"}  your own, as NumPy saves it
  data.name = {name = "idx", path = "folder"}  the four files of MNIST's format
  data.name = "blobs"                          generated; for trying things out

An npz file has x_train and y_train, x_test and y_test and perhaps client_id.
  x   [examples, features], or images [examples, height, width] or with an axis
      of channels. Numbers of any width and byte order: uint8 becomes 0 .. 1,
      all others stay as they are; data.scale multiplies them.
  y   [examples], classes 0, 1, 2, ...
  client_id  [training examples], numbers or texts: whose example it is. With
      data.partition = "natural" each is a client.
Images have their channels last (nhwc) or first (nchw, as PyTorch has them):
data.layout, guessed from an axis of 1, 3 or 4. A run says what it took.

`fedround data describe FILE` prints what is in a file and what is wrong in it.
`fedround list partitions` says how examples can be dealt to clients.

Decoded data is kept in ~/.cache/fedround (or $XDG_CACHE_HOME/fedround), so
that a client reads only its own rows. `fedround cache list` and `fedround
cache clear` look after it; it may be deleted at any time. A file that has
changed is decoded again, and a run that is repeated from its folder refuses
other data than it had.)";

constexpr absl::string_view kExperiments =
    R"(Experiments: a TOML file, and what the command line adds.

  extends = "quickstart.toml"        start from that file; what stands here wins
  run.rounds = 50
  [federation]
  clients = 100
  cohort = 10
  algorithm = {name = "fedprox", mu = 0.01}

Every key may be left out. A key is a table and a name: `--set run.rounds=50` is
the same as `rounds = 50` below `[run]`, and comes after the file. A text on the
command line needs no quotes; a table does, from the shell:
  --set 'data.partition={name = "dirichlet", alpha = 0.1}'
`extends` is relative to the file that says it (to the working folder where the
file comes through a pipe); tables merge, everything else is replaced.

`fedround config FILE` prints an experiment with every key filled in, and with
--comments what each key means. `fedround list` prints what keys can name. A run
folder keeps its experiment as config.toml, which runs again to the same model;
where clients failed, with --replay.)";

constexpr absl::string_view kPhases = R"(Phases: where the time of a round goes.

A client's task is a chain of phases without gap or overlap:
  wait_instruction  until it is asked: others train, the coordinator folds
  queue             until a thread of its process takes the task up
  download          fetching the model
  decode            reading the shard, where that was not done yet
  wait_slot         until a core is free: launch.slots clients of a machine
                    train at the same time, so that times are those of a core
  train             the epochs of its training
  encode            from the trained model to the update
  wait_credit       until the coordinator has room for its update
                    (limits.upload_buffer_bytes)
  upload            sending it, until the answer that it counts

What is left of a round's time is `rest` or `wait for others`; `beside` a round
run folding and evaluation. A client that gave nothing to a round was `absent`
(not connected), `left`, `late` (at its deadline), or its update was `refused`.

`wall` is what a round took. `modelled` is what it would have taken if each
client had a device of its own: the coordinator's selecting, broadcasting and
committing and the slowest client's own work, without the waits for slots and
credits. On two cores with ten clients the difference is mostly wait_slot.

`fedround show RUN` adds the critical path: the chain of phases, those of the
coordinator and of clients, that made the round last as long as it did. Every
column of the ledger is described in proto/fedround/v1/ledger.proto.)";

constexpr Topic kTopics[] = {{"data", kData}, {"experiments", kExperiments}, {"phases", kPhases}};

}  // namespace

std::span<const Topic> Topics() { return kTopics; }

}  // namespace fedround::cli
