"""The tables of an evaluation, printed and saved."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from gancore.io.tables import Row, as_markdown, as_report, as_text
from textgan.evaluation.scorer import DIGITS

# Columns of a terminal that tables fit.
WIDTH = 100
_PERPLEXITY_DIGITS = {
    "nats/word": 3,
    "perplexity": 1,
    "known words only": 3,
    "unknown %": 1,
}


@dataclasses.dataclass(frozen=True)
class Report:
    """Results of `evaluate` and `benchmark`.

    Attributes:
        perplexities: Rows of the table of perplexity on the test texts; none
            without a model.
        scores: Rows of the table of scores of generated texts.
        signatures: How each score is computed, one line each.
    """

    perplexities: Sequence[Row]
    scores: Sequence[Row]
    signatures: Sequence[str]

    def as_text(self, width: int | None = WIDTH) -> str:
        """Formats the tables for a terminal.

        Args:
            width: Columns of the terminal; a wider table is continued below.
                `None` for as wide as it is.
        """
        tables = [as_text(self.scores, DIGITS, width) + "\n" + self._signatures]
        if self.perplexities:
            tables.insert(
                0, as_text(self.perplexities, _PERPLEXITY_DIGITS, width) + "\n"
            )
        return "\n".join(tables)

    def as_markdown(self, title: str, command: str) -> str:
        """Formats the tables and the environment as Markdown.

        Args:
            title: Heading.
            command: Command line that was run.
        """
        # Imports TensorFlow, which files of texts do not need.
        from gancore.environment import environment_of_run

        tables = [as_markdown(self.scores, DIGITS), self._signatures]
        if self.perplexities:
            tables.insert(0, as_markdown(self.perplexities, _PERPLEXITY_DIGITS))
        return as_report(
            title, *tables, environment=environment_of_run(command)
        )

    @property
    def _signatures(self) -> str:
        return "\n".join(f"    {line}" for line in self.signatures)
