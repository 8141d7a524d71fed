"""The two tables of a measurement, printed and written."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import ClassVar

from gancore.environment import environment_of_run
from gancore.io.tables import Row, as_markdown, as_report, as_text
from textgan.evaluation.scorer import DIGITS


@dataclasses.dataclass(frozen=True)
class Report:
    """What `evaluate` and `benchmark` say.

    Attributes:
        likelihoods: Rows of the table of validation likelihood.
        scores: Rows of the table of what is written.
        signatures: How each score is made, a line for each.
    """

    LIKELIHOOD: ClassVar[Mapping[str, int]] = {
        "nats/word": 3,
        "perplexity": 1,
        "known words only": 3,
        "unknown %": 1,
    }

    likelihoods: Sequence[Row]
    scores: Sequence[Row]
    signatures: Sequence[str]

    def as_text(self) -> str:
        """Lays it out for a terminal."""
        return "\n".join(
            [
                as_text(self.likelihoods, self.LIKELIHOOD),
                "",
                as_text(self.scores, DIGITS),
                self._signatures,
            ]
        )

    def as_markdown(self, title: str, command: str) -> str:
        """Writes it with the conditions it was measured under.

        Args:
            title: Heading.
            command: What was typed.
        """
        return as_report(
            title,
            as_markdown(self.likelihoods, self.LIKELIHOOD),
            as_markdown(self.scores, DIGITS),
            self._signatures,
            conditions=environment_of_run(command),
        )

    @property
    def _signatures(self) -> str:
        return "\n".join(f"    {line}" for line in self.signatures)
