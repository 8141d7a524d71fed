from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from gancore.distribute.datasets import distributed_data, validation_batch


@pytest.mark.parametrize("replicas", [1, 2, 3, 8])
@pytest.mark.parametrize("count", [1, 2, 5, 17, 100])
def test_no_replica_goes_without_in_validation(replicas, count):
    strategy = SimpleNamespace(num_replicas_in_sync=replicas)
    size = validation_batch(strategy, count, 8)
    last = count % size or size
    assert 1 <= size <= 16
    # Unless there are too few for any batch.
    assert last >= replicas or count < replicas


def test_one_replica_reads_on_from_epoch_to_epoch():
    def batches():
        numbers = tf.data.Dataset.range(10)
        return numbers.shuffle(10, seed=4).batch(4)

    strategy = SimpleNamespace(num_replicas_in_sync=1)
    valid = tf.data.Dataset.range(2)

    def epochs(done, count):
        data = distributed_data(strategy, batches, valid, done)
        assert data["steps_per_epoch"] == 3
        assert data["validation_data"] is valid
        taken = data["x"].take(3 * count).as_numpy_iterator()
        return [batch.tolist() for batch in taken]

    three = epochs(0, 3)
    # Going on begins where it was stopped, and each epoch is all of them in
    # an order of its own.
    assert epochs(2, 1) == three[6:]
    orders = [np.concatenate(three[i : i + 3]) for i in (0, 3, 6)]
    assert all(sorted(order) == list(range(10)) for order in orders)
    assert len({tuple(order) for order in orders}) == 3
