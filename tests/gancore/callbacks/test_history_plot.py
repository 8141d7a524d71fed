import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from PIL import Image

from gancore.callbacks.history_plot import Panel, plot_history

HEADER = "epoch,stage,nll,val_nll,discrim_loss,rate,unique"
ROWS = [
    "0,likelihood,6.0,5.0,0.0,1e-2,",
    "1,likelihood,4.0,3.5,0.0,1e-3,",
    "2,discriminator,4.0,3.5,1.4,1e-4,",
    "3,adversarial,inf,3.0,1.2,1e-4,0.9",
    "4,adversarial,3.0,3.2,1.1,0.0,0.8",
]
PANELS = (
    Panel(
        "likelihood", {"nll": "training", "val_nll": "validation"}, best="min"
    ),
    Panel("discriminator", {"discrim_loss": "training"}, "nats", by_stage=True),
    Panel("absent", {"val_ssim": "validation"}),
    Panel("rates", {"rate": "generator"}, by_stage=True),
    Panel("variety", {"unique": "share"}),
)


@pytest.fixture
def drawn(tmp_path, monkeypatch):
    """Draws some rows and gives the figure, after it was saved."""
    figures = []
    save = Figure.savefig

    def keep(figure, *words, **keywords):
        figures.append(figure)
        save(figure, *words, **keywords)

    monkeypatch.setattr(Figure, "savefig", keep)

    def draw(rows):
        (tmp_path / "log.csv").write_text("\n".join([HEADER, *rows]) + "\n")
        path = plot_history(tmp_path, PANELS)
        assert path == tmp_path / "figures" / "curves.png"
        with Image.open(path) as image:
            assert min(image.size) > 300
        assert [p.name for p in path.parent.iterdir()] == ["curves.png"]
        (figure,) = figures
        return figure

    return draw


def points(axis):
    lines = [line for line in axis.lines if len(line.get_xdata())]
    return [np.transpose(line.get_data()).tolist() for line in lines]


def test_curves_are_the_logs(drawn):
    likelihood, discriminator, rates, variety = drawn(ROWS).axes
    learnt, held_out, best = points(likelihood)
    assert learnt[:2] == [[1, 6], [2, 4]] and np.isnan(learnt[3][1])
    assert held_out == [[1, 5], [2, 3.5], [3, 3.5], [4, 3], [5, 3.2]]
    assert best == [[4, 3]]
    # A line for each stage, and none where the discriminator rests.
    assert points(discriminator)[1:] == [[[3, 1.4]], [[4, 1.2], [5, 1.1]]]
    assert np.isnan(points(discriminator)[0]).any(axis=1).all()
    assert (
        discriminator.get_ylabel() == "nats"
        and discriminator.get_xlabel() == "epoch"
    )
    assert (rates.get_yscale(), likelihood.get_yscale()) == ("log", "linear")
    assert points(variety)[0][3:] == [[4, 0.9], [5, 0.8]]


def test_stages_and_what_is_held_out_can_be_message_apart(drawn):
    figure = drawn(ROWS)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "likelihood (epochs 1-2)",
        "discriminator (epoch 3)",
        "adversarial (epochs 4-5)",
    ]
    bands = {to_hex(patch.get_facecolor()) for patch in legend.get_patches()}
    assert len(bands) == 3
    lines = figure.axes[0].lines
    assert len({(line.get_color(), line.get_linestyle()) for line in lines}) > 2
    # Nothing lies on anything else.
    boxes = [axis.get_tightbbox() for axis in figure.axes]
    boxes.append(legend.get_window_extent())
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[i + 1 :])


def test_a_single_epoch_is_drawn(drawn):
    figure = drawn(ROWS[:1])
    assert [axis.get_title("left") for axis in figure.axes] == [
        "likelihood",
        "rates",
    ]
    assert not figure.legends


def test_a_long_training_shows_a_stage_of_one_epoch(drawn):
    rows = [f"{e},likelihood,5.0,6.0,0.0,0.1," for e in range(60)]
    rows.append("60,discriminator,5.0,6.0,1.3,0.1,0")
    _, discriminator, _, variety = drawn(rows).axes
    assert discriminator.lines[1].get_marker() == "o"
    assert variety.get_yscale() == "linear"
