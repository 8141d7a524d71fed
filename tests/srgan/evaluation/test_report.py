import csv
import io

import pytest

from gancore.environment import command_line, environment_of_run, processor
from gancore.io.tables import as_csv, as_markdown, as_text
from srgan.commands.convert import ConvertOptions
from srgan.commands.evaluate import EvaluateOptions
from srgan.evaluation.evaluator import Evaluation, Score
from srgan.evaluation.report import (
    DIGITS,
    benchmark_rows,
    evaluation_rows,
    markdown_report,
    mean_rows,
)

# Two images of one megapixel, in a second each.
EVALUATION = Evaluation(
    {
        "a.png": Score(30.004, 0.9, 0.91, 45.0, 1e6, 1.0),
        "b.png": Score(20.0, 0.7, 0.71, 35.0, 1e6, 1.0),
    },
    (),
)


def test_text_table():
    assert as_text(
        evaluation_rows("Set5", EVALUATION), DIGITS
    ).splitlines() == [
        "set   image   PSNR    SSIM  SSIM daala  LR-PSNR  MPix/s",
        "Set5  a.png  30.00  0.9000      0.9100    45.00   1.000",
        "Set5  b.png  20.00  0.7000      0.7100    35.00   1.000",
        "Set5  mean   25.00  0.8000      0.8100    40.00   1.000",
    ]


def test_markdown_table():
    lines = as_markdown(
        evaluation_rows("Set5", EVALUATION), DIGITS
    ).splitlines()
    assert lines[1] == "| --- | --- | ---: | ---: | ---: | ---: | ---: |"
    assert lines[-1] == (
        "| Set5 | mean | 25.00 | 0.8000 | 0.8100 | 40.00 | 1.000 |"
    )


def test_csv_round_trip():
    rows = evaluation_rows('Se,t"5', EVALUATION)
    read = list(csv.DictReader(io.StringIO(as_csv(rows))))
    assert len(read) == 3
    assert read[0]["set"] == 'Se,t"5'
    assert float(read[0]["PSNR"]) == 30.004
    assert read[0]["distance"] == ""


def test_benchmark_has_speeds_in_its_means_only():
    evaluations = {("Set5", m): EVALUATION for m in ("bicubic", "one", "two")}
    rows = benchmark_rows(evaluations, {"one": 2.0, "two": 0.5}, "two")
    assert len(rows) == 9
    assert [row["MPix/s"] for row in rows] == [None] * 5 + [
        2.0,
        None,
        None,
        0.5,
    ]
    means = mean_rows(rows)
    assert [row["model"] for row in means] == ["bicubic", "one", "two"]
    assert [row["ratio"] for row in means] == [None, 4.0, 1.0]
    assert "image" not in means[0]
    assert all(
        "mean" not in line for line in as_text(means, DIGITS).splitlines()
    )


def test_report_contains_protocol_and_environment():
    rows = evaluation_rows("Set5", EVALUATION)
    report = markdown_report(
        "Scores", 4, rows, environment_of_run("python -m x")
    )
    assert "border of 4 pixels" in report
    assert "Wang et al. 2004" in report and "daala" in report
    assert "- command: `python -m x`" in report
    assert processor() in report
    assert "cores" in report


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (EvaluateOptions(model="a b.h5"), "x evaluate 'a b.h5'"),
        (
            EvaluateOptions(model="m", data=("A", "B"), overwrite=True),
            "x evaluate m --data A B --overwrite",
        ),
        (ConvertOptions(old="a", new="b.h5"), "x evaluate a b.h5"),
    ],
)
def test_command_line_leaves_out_defaults(options, words):
    assert command_line("x evaluate", options) == words


def test_command_line_is_parsed_to_the_same_options():
    import shlex

    from gancore.cli.options import parse

    options = EvaluateOptions(model="m", data=("A", "B"), csv="c.csv")
    words = shlex.split(command_line("", options))
    assert parse(EvaluateOptions, "", words) == options
