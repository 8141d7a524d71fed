import keras
import numpy as np
import pytest

from gancore.callbacks.best_model import BestWeights, SaveBest


@pytest.mark.parametrize(
    ("higher", "expected"), [(True, [3.0, 4.0]), (False, [3.0, 1.0])]
)
def test_save_best_saves_each_better_epoch(higher, expected):
    saved = []
    callback = SaveBest("val_psnr", higher, lambda logs: saved.append({**logs}))
    for epoch, value in enumerate([3.0, 1.0, 4.0, 2.0]):
        callback.on_epoch_end(epoch, {"val_psnr": value, "loss": 0.0})
    assert [logs["val_psnr"] for logs in saved] == expected


def test_best_weights_of_several_stages_are_restored():
    network = keras.Sequential([keras.layers.Dense(1, use_bias=False)])
    network.build((None, 1))

    def end_epoch(epoch, nll):
        network.set_weights([np.full((1, 1), nll)])
        best.on_epoch_end(epoch, {"val_nll": nll, "other": 1.0})

    best = BestWeights(network, "val_nll")
    best.stage = "init"
    best.update(0, {"val_nll": 9.0})
    best.stage = "mle"
    for epoch, nll in enumerate((5.0, 3.0, 4.0)):
        end_epoch(epoch, nll)
    best.stage = "adversarial"
    end_epoch(3, 3.0)  # a tie keeps the earlier epoch
    assert (best.epoch, best.best_stage) == (2, "mle")
    assert best.logs == {"val_nll": 3.0, "other": 1.0}
    network.set_weights([np.zeros((1, 1))])
    best.restore()
    assert network.get_weights()[0] == 3.0
