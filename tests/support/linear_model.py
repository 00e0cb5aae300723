#!/usr/bin/python3
"""A model that only its clients know, in NumPy: logistic regression on points that a client draws for itself.

    linear_model.py --write-initial FILE
    linear_model.py --endpoint RUN/endpoint.json --clients IDS
"""

import argparse
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "client/python"))
from federated_model import FederatedModel, write_safetensors  # noqa: E402

FEATURES = 5


class LinearModel(FederatedModel):
    def __init__(self, client):
        rng = np.random.default_rng([3, client])
        self.x = rng.normal(size=(40 + client, FEATURES)).astype(np.float32)
        self.y = (self.x @ np.arange(FEATURES) > 1).astype(np.float32)

    def parameters(self):
        return {"line.weight": np.zeros(FEATURES, np.float32), "line.bias": np.zeros((), np.float32)}

    def margins(self, parameters):
        return self.x @ parameters["line.weight"] + parameters["line.bias"]

    def loss(self, parameters):
        margins = self.margins(parameters)
        return float((np.logaddexp(0, margins) - self.y * margins).mean())

    def train(self, parameters, plan):
        for _ in range(plan.epochs):
            error = 1 / (1 + np.exp(-self.margins(parameters))) - self.y
            parameters["line.weight"] -= plan.learning_rate * (error @ self.x) / len(self.x)
            parameters["line.bias"] -= plan.learning_rate * error.mean()
        return parameters, len(self.x), {"train_loss": self.loss(parameters)}

    def evaluate(self, parameters):
        hits = (self.margins(parameters) > 0) == (self.y > 0)
        return len(self.x), {"accuracy": float(hits.mean()), "loss": self.loss(parameters)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--write-initial")
    parser.add_argument("--endpoint")
    parser.add_argument("--clients")
    args = parser.parse_args()
    if args.write_initial:
        return write_safetensors(args.write_initial, LinearModel(client=0).parameters())
    import fedround_client
    fedround_client.run(args.endpoint, args.clients, lambda client: LinearModel(client.client))


if __name__ == "__main__":
    main()
