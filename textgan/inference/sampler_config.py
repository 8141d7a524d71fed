"""The options by which a sampler is chosen."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from gancore.config_fields import option

if TYPE_CHECKING:
    from textgan.inference.samplers import Sampler

CHOICE = "choice of words"


@dataclasses.dataclass(frozen=True, kw_only=True)
class SamplerConfig:
    """Base of the options of every command that writes."""

    temperature: float = option(
        0.7,
        "Below 1 likely words become likelier; 0 takes the likeliest.",
        group=CHOICE,
        low=0.0,
        high=100.0,
    )
    top_p: float = option(
        0.9,
        "Only the likeliest words of this total share.",
        group=CHOICE,
        low=0.01,
        high=1.0,
    )
    top_k: int = option(
        0,
        "Only so many of the likeliest words, in place of a share; 0 for none.",
        group=CHOICE,
        low=0,
    )

    def sampler(self) -> Sampler:
        """Makes the sampler."""
        from textgan.inference.samplers import Greedy, TopK, TopP

        if not self.temperature:
            return Greedy()
        if self.top_k:
            return TopK(self.top_k, self.temperature)
        return TopP(self.top_p, self.temperature)
