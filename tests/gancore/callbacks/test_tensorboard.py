import numpy as np
import pytest
import tensorflow as tf

from gancore.callbacks.tensorboard import TensorBoard

pytest.importorskip("tensorboard")


def write_samples():
    tf.summary.text("jokes", ["ha", "ho"])


def read(folder):
    """Returns all values by part and tag, as TensorBoard itself reads them."""
    from tensorboard.backend.event_processing import event_accumulator

    found = {}
    for part in ("train", "validation", "samples"):
        events = event_accumulator.EventAccumulator(
            str(folder / part), size_guidance={"tensors": 0}
        ).Reload()
        for tag in events.Tags()["tensors"]:
            found[part, tag] = [
                (event.step, tf.make_ndarray(event.tensor_proto))
                for event in events.Tensors(tag)
            ]
    return found


def test_tensorboard_reads_what_was_logged(tmp_path, train):
    history = train(TensorBoard(tmp_path, write_samples), epochs=3)
    found = read(tmp_path)
    for tag, name in (
        ("losses/gen_loss", "gen_loss"),
        ("metrics/psnr", "psnr"),
    ):
        for part, prefix in (("train", ""), ("validation", "val_")):
            steps, values = zip(*found.pop((part, tag)), strict=True)
            assert steps == (1, 2, 3)
            np.testing.assert_allclose(values, history[prefix + name])
    rates = found.pop(("train", "learning_rates/learning_rate"))
    assert [float(rate) for _, rate in rates] == [0.5] * 3
    texts = found.pop(("samples", "jokes"))
    assert [step for step, _ in texts] == [1, 2, 3]
    assert texts[0][1].tolist() == [b"ha", b"ho"]
    # Kernel and bias of both networks, of two and one numbers each.
    assert sorted(len(values) for values in found.values()) == [3] * 4
    for (_, tag), events in found.items():
        _, buckets = events[-1]
        assert buckets[:, 2].sum() == (2 if tag.endswith("kernel") else 1)


def test_repeated_epochs_are_logged_once(tmp_path, train):
    train(TensorBoard(tmp_path, write_samples), epochs=3)
    # Killed in the middle of writing the third.
    (path,) = (tmp_path / "train").iterdir()
    path.write_bytes(path.read_bytes()[:-5])
    train(TensorBoard(tmp_path, write_samples), epochs=4, initial_epoch=2)
    for key, events in read(tmp_path).items():
        assert [step for step, _ in events] == [1, 2, 3, 4], key
    # Also for a reader that does not handle restarts.
    for part in ("train", "validation", "samples"):
        steps = [
            event.step
            for path in sorted((tmp_path / part).iterdir())
            for event in tf.compat.v1.train.summary_iterator(str(path))
            for _ in event.summary.value[:1]
        ]
        assert set(steps) == {1, 2, 3, 4}
        assert steps == sorted(steps)
    assert not list(tmp_path.rglob(".*"))
