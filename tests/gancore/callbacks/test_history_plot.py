import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from PIL import Image

from gancore.callbacks.history_plot import Panel, plot_history

HEADER = "epoch,stage,nll,val_nll,discrim_loss,rate,unique"
ROWS = [
    "0,mle,6.0,5.0,0.0,1e-2,",
    "1,mle,4.0,3.5,0.0,1e-3,",
    "2,discriminator,4.0,3.5,1.4,1e-4,",
    "3,adversarial,inf,3.0,1.2,1e-4,0.9",
    "4,adversarial,3.0,3.2,1.1,0.0,0.8",
]
PANELS = (
    Panel("mle", {"nll": "training", "val_nll": "validation"}, best="min"),
    Panel("discriminator", {"discrim_loss": "training"}, "nats", by_stage=True),
    Panel("absent", {"val_ssim": "validation"}),
    Panel("rates", {"rate": "generator"}, by_stage=True),
    Panel("variety", {"unique": "share"}),
)


@pytest.fixture
def plot(tmp_path, monkeypatch):
    """Plots rows of a log and returns the figure, after it was saved."""
    figures = []
    save = Figure.savefig

    def record(figure, *args, **kwargs):
        figures.append(figure)
        save(figure, *args, **kwargs)

    monkeypatch.setattr(Figure, "savefig", record)

    def run(rows):
        (tmp_path / "log.csv").write_text("\n".join([HEADER, *rows]) + "\n")
        path = plot_history(tmp_path, PANELS)
        assert path == tmp_path / "figures" / "curves.png"
        with Image.open(path) as image:
            assert min(image.size) > 300
        assert [p.name for p in path.parent.iterdir()] == ["curves.png"]
        (figure,) = figures
        return figure

    return run


def points(axis):
    lines = [line for line in axis.lines if len(line.get_xdata())]
    return [np.transpose(line.get_data()).tolist() for line in lines]


def test_curves_are_those_of_the_log(plot):
    mle, discriminator, rates, variety = plot(ROWS).axes
    train, valid, best = points(mle)
    assert train[:2] == [[1, 6], [2, 4]] and np.isnan(train[3][1])
    assert valid == [[1, 5], [2, 3.5], [3, 3.5], [4, 3], [5, 3.2]]
    assert best == [[4, 3]]
    # A line for each stage, and none where the discriminator is frozen.
    assert points(discriminator)[1:] == [[[3, 1.4]], [[4, 1.2], [5, 1.1]]]
    assert np.isnan(points(discriminator)[0]).any(axis=1).all()
    assert (
        discriminator.get_ylabel() == "nats"
        and discriminator.get_xlabel() == "epoch"
    )
    assert (rates.get_yscale(), mle.get_yscale()) == ("log", "linear")
    assert points(variety)[0][3:] == [[4, 0.9], [5, 0.8]]


def test_stages_and_validation_can_be_distinguished(plot):
    figure = plot(ROWS)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "mle (epochs 1-2)",
        "discriminator (epoch 3)",
        "adversarial (epochs 4-5)",
    ]
    bands = {to_hex(patch.get_facecolor()) for patch in legend.get_patches()}
    assert len(bands) == 3
    lines = figure.axes[0].lines
    assert len({(line.get_color(), line.get_linestyle()) for line in lines}) > 2
    # Nothing overlaps.
    boxes = [axis.get_tightbbox() for axis in figure.axes]
    boxes.append(legend.get_window_extent())
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[i + 1 :])


def test_a_single_epoch_is_plotted(plot):
    figure = plot(ROWS[:1])
    assert [axis.get_title("left") for axis in figure.axes] == [
        "mle",
        "rates",
    ]
    assert not figure.legends


def test_a_stage_of_one_epoch_is_visible_in_a_long_training(plot):
    rows = [f"{e},mle,5.0,6.0,0.0,0.1," for e in range(60)]
    rows.append("60,discriminator,5.0,6.0,1.3,0.1,0")
    _, discriminator, _, variety = plot(rows).axes
    assert discriminator.lines[1].get_marker() == "o"
    assert variety.get_yscale() == "linear"
