#!/usr/bin/python3
"""Makes tests/golden/data_*.npz: small data sets as NumPy saves them. Made with NumPy 1.24.2."""

import pathlib

import numpy as np

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden"

images = np.arange(6 * 2 * 3, dtype=np.uint8).reshape(6, 2, 3)
np.savez(
    FOLDER / "data_uint8.npz",
    x_train=images,
    y_train=np.array([0, 1, 2, 0, 1, 2]),
    x_test=images[:2] + 200,
    y_test=np.array([2, 1]),
)

features = np.arange(4 * 5, dtype=np.float64).reshape(4, 5) / 8 - 1
np.savez_compressed(
    FOLDER / "data_float64_clients.npz",
    x_train=features,
    y_train=np.array([[0], [1], [1], [0]], dtype=np.int32),
    x_test=features[1:3] * 3,
    y_test=np.array([[1], [0]], dtype=np.int32),
    client_id=np.array([1, 0, 1, 0], dtype=np.uint16),
)
