"""The networks "mlp" and "linear" in NumPy: dense layers with ReLU between them.

Plain SGD with momentum, weight decay and the FedProx term. Its numbers are close to those of the C++ clients, not
equal: sums are taken in another order.
"""

import numpy as np

from federated_model import FederatedModel


class ReluNetwork(FederatedModel):
    """Such a network and the examples `x` [examples, inputs], `y` [examples]."""

    def __init__(self, x, y, seed, trained):
        """`seed`: of the order of the examples. `trained`: the names of the tensors that are not frozen."""
        self.x, self.y = x, y
        self.rng = np.random.default_rng(seed)
        self.trained = trained
        self.model = {}

    def parameters(self):
        return self.model

    def train(self, parameters, plan):
        self.model = parameters
        loss = train(self.model, self.trained, self.x, self.y, plan, self.rng)
        return self.model, len(self.x), {"train_loss": loss}

    def evaluate(self, parameters):
        logits = forward(parameters, self.x)[1]
        return len(self.x), {"loss": loss_and_error(logits, self.y)[0],
                             "accuracy": float((logits.argmax(1) == self.y).mean())}


def forward(model, x):
    """Returns the inputs of each layer, and the logits.

    Tensors alternate: weight [out, in], bias [out].
    """
    tensors, inputs = list(model.values()), []
    for layer in range(0, len(tensors), 2):
        if layer > 0:
            x = np.maximum(x, 0)
        inputs.append(x)
        x = x @ tensors[layer].T + tensors[layer + 1]
    return inputs, x


def loss_and_error(logits, y):
    """Mean cross-entropy, and its gradient with respect to the logits."""
    logits = logits - logits.max(axis=1, keepdims=True)
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    rows = np.arange(len(y))
    error = np.exp(log_p)
    error[rows, y] -= 1
    return float(-log_p[rows, y].mean()), error / len(y)


def gradients(model, x, y):
    """Mean loss of a batch and its gradient, a dict like the model."""
    inputs, logits = forward(model, x)
    loss, error = loss_and_error(logits, y)
    names, grads = list(model), {}
    for layer in reversed(range(len(inputs))):
        weight, bias = names[2 * layer], names[2 * layer + 1]
        grads[weight], grads[bias] = error.T @ inputs[layer], error.sum(axis=0)
        if layer > 0:
            error = (error @ model[weight]) * (inputs[layer] > 0)
    return loss, grads


def train(model, trained, x, y, plan, rng):
    """Runs the plan's epochs of SGD on the tensors `trained` of `model`, in place.

    Returns the last epoch's mean loss.
    """
    start = {name: model[name].copy() for name in trained}
    velocity = {name: np.zeros_like(model[name]) for name in trained}
    batch = plan.batch_size or len(x)
    for _ in range(plan.epochs):
        order = rng.permutation(len(x))
        losses = []
        for rows in np.split(order, range(batch, len(x), batch)):
            loss, grads = gradients(model, x[rows], y[rows])
            losses.append(loss * len(rows))
            for name in trained:
                w = model[name]
                g = grads[name] + plan.weight_decay * w + plan.proximal_mu * (w - start[name])
                velocity[name] = plan.momentum * velocity[name] + g
                w -= plan.learning_rate * velocity[name]
    return sum(losses) / len(x)
