"""What a client trains: the one class that a model of one's own implements.

`FederatedModel` is all that fedround_client.py knows of a model; relu_network.py and gru_example.py are examples.
Parameters are a dict of float32 arrays by name, the names being those of the tensors of the run.
"""

import abc
import json

import numpy as np


class FederatedModel(abc.ABC):
    """A model and this client's own examples."""

    @abc.abstractmethod
    def parameters(self):
        """Returns the weights as they are now. Those of a new model can start a run (write_safetensors)."""

    @abc.abstractmethod
    def train(self, parameters, plan):
        """Trains on this client's examples, from `parameters`, as `plan` (Plan in federation.proto) says.

        Returns the new parameters, which may be the same arrays, the number of examples, and a dict of metrics, such as
        {"train_loss": 0.3}. Changes of tensors that are frozen are not sent.
        """

    @abc.abstractmethod
    def evaluate(self, parameters):
        """Scores `parameters` on this client's examples.

        Returns the number of examples and the metrics {"accuracy": ..., "loss": ...}, means over these examples.
        """


def write_safetensors(path, parameters):
    """Writes `parameters` as a file that model.initial_weights can name."""
    header, begin = {}, 0
    for name, values in parameters.items():
        end = begin + 4 * np.size(values)
        header[name] = {"dtype": "F32", "shape": list(np.shape(values)), "data_offsets": [begin, end]}
        begin = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for values in parameters.values():
            file.write(np.asarray(values, dtype="<f4").tobytes())
