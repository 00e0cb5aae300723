#include "experiments/cli/commands/topics.h"

namespace fedround::cli {
namespace {

constexpr absl::string_view kData = R"(Data: what can be trained on, and how it reaches the clients.

  data.name = "fashion-mnist"                  comes with the system's package
  data.name = "mnist"                          scripts/setup --data mnist
  data.name = {name = "npz", path = "my.npz"}  your own, as NumPy saves it
  data.name = {name = "idx", path = "folder"}  the four files of MNIST's format
  data.name = "blobs"                          generated; for trying things out

An npz file has x_train and y_train, usually x_test and y_test, and client_id
if the examples belong to natural clients.
  x   [examples, features], or images: [examples, height, width], with or
      without an axis of channels. Numbers of any width and byte order: uint8
      becomes 0 .. 1, all others stay as they are; data.scale multiplies them.
  y   [examples], classes 0, 1, 2, ...
  client_id  [training examples], numbers or texts: whose example it is. With
      data.partition = "natural" each id is one client.
Images have their channels last (nhwc) or first (nchw, as in PyTorch). Say
which with data.layout, or leave it to be guessed from an axis of size 1, 3
or 4; a run prints what it found.

`fedround data describe FILE` prints what is in a file and what is wrong with
it. `fedround list partitions` says how examples can be dealt to clients.

Decoded data is kept in ~/.cache/fedround (or $XDG_CACHE_HOME/fedround), so
that a client reads only its own rows. `fedround cache list` and `fedround
cache clear` show and empty it; it may be deleted at any time. A file that has
changed is decoded again. A run that is repeated from its folder refuses data
other than its own.)";

constexpr absl::string_view kExperiments =
    R"(Experiments: a TOML file, and what the command line adds.

  extends = "quickstart.toml"        start from that file; what stands here wins
  run.rounds = 50
  [federation]
  clients = 100
  cohort = 10
  algorithm = {name = "fedprox", mu = 0.01}

Every key may be left out. A key is a table and a name: `--set run.rounds=50` is
the same as `rounds = 50` below `[run]`, and overrides the file. Text needs no
quotes on the command line; a table must be quoted for the shell:
  --set 'data.partition={name = "dirichlet", alpha = 0.1}'
`extends` is relative to the file that contains it (to the working folder if
that file comes through a pipe). Tables are merged, everything else is replaced.

`fedround config FILE` prints an experiment with every key filled in, and with
--comments what each key means. `fedround list` prints the names that keys can
take. A run folder keeps its experiment as config.toml: running that again gives
the same model. If clients failed in the run, add --replay.)";

constexpr absl::string_view kPhases = R"(Phases: where the time of a round goes.

A client's task is a chain of phases without gap or overlap:
  wait_instruction  waiting to be asked: others train, the coordinator folds
  queue             waiting for a thread of the client's process
  download          fetching the model
  decode            reading the shard, if that has not been done yet
  wait_slot         waiting for a core: only launch.slots clients of a machine
                    train at the same time, so that each has a core to itself
  train             the local epochs
  encode            computing the update from the trained model
  wait_credit       waiting until the coordinator has room for the update
                    (limits.upload_buffer_bytes)
  upload            sending it, until the coordinator has accepted it

The remainder of a round's time is called `rest` or `wait for others`. Folding
and evaluation run beside a round (`beside`). A client that contributed nothing
to a round was `absent` (not connected), has `left`, was `late` (it missed the
deadline), or its update was `refused`.

`wall` is the time a round took. `modelled` is the time it would have taken if
each client had a device of its own: selecting, broadcasting and committing at
the coordinator plus the slowest client's own work, without waiting for slots
and credits. With ten clients on two cores the difference is mostly wait_slot.

`fedround show RUN` adds the critical path: the chain of phases, of the
coordinator and of clients, that determined how long the round took. Every
column of the ledger is described in proto/fedround/v1/ledger.proto.)";

constexpr Topic kTopics[] = {{"data", kData}, {"experiments", kExperiments}, {"phases", kPhases}};

}  // namespace

std::span<const Topic> Topics() { return kTopics; }

}  // namespace fedround::cli
