from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from gancore.distribute.datasets import distributed_data, validation_batch_size
from gancore.errors import UserError


@pytest.mark.parametrize("replicas", [1, 2, 3, 8])
@pytest.mark.parametrize("count", [1, 2, 5, 17, 100])
def test_each_replica_has_an_example_in_the_last_batch(replicas, count):
    strategy = SimpleNamespace(num_replicas_in_sync=replicas)
    size = validation_batch_size(strategy, count, 8)
    last = count % size or size
    assert 1 <= size <= 16
    # Unless there are too few for any batch.
    assert last >= replicas or count < replicas


def test_one_replica_iterates_from_epoch_to_epoch():
    def batches():
        numbers = tf.data.Dataset.range(10)
        return numbers.shuffle(10, seed=4).batch(4)

    strategy = SimpleNamespace(num_replicas_in_sync=1)
    valid = tf.data.Dataset.range(2)

    def epochs(initial_epoch, count):
        data = distributed_data(strategy, batches, valid, initial_epoch)
        assert data["steps_per_epoch"] == 3
        assert data["validation_data"] is valid
        taken = data["x"].take(3 * count).as_numpy_iterator()
        return [batch.tolist() for batch in taken]

    three = epochs(0, 3)
    # A resumed training gets the same batches, and each epoch holds all
    # examples in a different order.
    assert epochs(2, 1) == three[6:]
    orders = [np.concatenate(three[i : i + 3]) for i in (0, 3, 6)]
    assert all(sorted(order) == list(range(10)) for order in orders)
    assert len({tuple(order) for order in orders}) == 3


def test_a_step_beyond_the_epoch_is_an_error():
    strategy = tf.distribute.get_strategy()
    with pytest.raises(UserError, match=r"has 5 steps, .* after step 5"):
        distributed_data(strategy, lambda: tf.data.Dataset.range(5), None, 0, 5)
