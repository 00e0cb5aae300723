#!/usr/bin/python3
"""A model of one's own in a fedround run: a small recurrent network in PyTorch.

Each client draws sequences of symbols; the class of a sequence is its first symbol, which the network must keep in mind
to the end. Clients see the symbols in different proportions.

    /usr/bin/python3 client/python/gru_example.py --write-initial runs/gru.safetensors
    scripts/fedround run experiments/gru.toml --out runs/gru

The second command starts this program once per client (launch.client_command in experiments/gru.toml). Needs PyTorch
(Debian: python3-torch) and what fedround_client.py needs.
"""

import argparse

import numpy as np
import torch

from federated_model import FederatedModel, write_safetensors

SYMBOLS, LENGTH, HIDDEN, EXAMPLES = 4, 4, 16, 200


class GruClassifier(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = torch.nn.GRU(SYMBOLS, HIDDEN, batch_first=True)
        self.head = torch.nn.Linear(HIDDEN, SYMBOLS)

    def forward(self, x):
        return self.head(self.gru(x)[0][:, -1])


def draw_examples(client):
    """A client's sequences, one-hot [EXAMPLES, LENGTH, SYMBOLS], and their classes: the same in every run."""
    rng = np.random.default_rng([7, client])
    symbols = rng.integers(SYMBOLS, size=(EXAMPLES, LENGTH))
    symbols[:, 0] = rng.choice(SYMBOLS, size=EXAMPLES, p=rng.dirichlet(np.ones(SYMBOLS)))
    return torch.eye(SYMBOLS)[symbols], torch.from_numpy(symbols[:, 0])


class GruModel(FederatedModel):
    """The network with one client's examples, a fifth of which are kept for scoring."""

    def __init__(self, client):
        self.network = GruClassifier()
        self.x, self.y = draw_examples(client)
        self.kept = EXAMPLES // 5
        self.generator = torch.Generator().manual_seed(client)  # of the order of examples

    def parameters(self):
        return {name: value.detach().numpy().copy() for name, value in self.network.named_parameters()}

    def load(self, parameters):
        with torch.no_grad():
            for name, value in self.network.named_parameters():
                value.copy_(torch.from_numpy(parameters[name]))

    def train(self, parameters, plan):
        if plan.proximal_mu:
            raise ValueError("federation.algorithm: this model knows no proximal term")
        self.load(parameters)
        optimiser = torch.optim.SGD(self.network.parameters(), plan.learning_rate, plan.momentum,
                                    weight_decay=plan.weight_decay)
        x, y = self.x[self.kept:], self.y[self.kept:]
        total = 0.0
        for _ in range(plan.epochs):
            total = 0.0
            for rows in torch.randperm(len(x), generator=self.generator).split(plan.batch_size or len(x)):
                loss = torch.nn.functional.cross_entropy(self.network(x[rows]), y[rows])
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                total += loss.item() * len(rows)
        return self.parameters(), len(x), {"train_loss": total / len(x)}

    def evaluate(self, parameters):
        self.load(parameters)
        x, y = self.x[:self.kept], self.y[:self.kept]
        with torch.no_grad():
            logits = self.network(x)
        return len(x), {"accuracy": (logits.argmax(1) == y).float().mean().item(),
                        "loss": torch.nn.functional.cross_entropy(logits, y).item()}


def main():
    parser = argparse.ArgumentParser(description="Train a small GRU in a fedround run.")
    parser.add_argument("--write-initial", metavar="FILE", help="write the weights to start from, and end")
    parser.add_argument("--endpoint", help="the run's endpoint.json")
    parser.add_argument("--clients", help="ids to take part as, such as 3 or 0-4")
    args = parser.parse_args()
    torch.manual_seed(1)
    if args.write_initial:
        write_safetensors(args.write_initial, GruModel(client=0).parameters())
        return
    if not args.endpoint or not args.clients:
        parser.error("needs --write-initial, or --endpoint and --clients")
    torch.set_num_threads(1)
    import fedround_client  # compiles the .proto files, which only a client needs
    fedround_client.run(args.endpoint, args.clients, lambda client: GruModel(client.client))


if __name__ == "__main__":
    main()
