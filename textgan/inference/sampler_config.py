"""Options that select a sampler."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from gancore.config_fields import option

if TYPE_CHECKING:
    from textgan.inference.samplers import Sampler

DECODING = "decoding"


@dataclasses.dataclass(frozen=True, kw_only=True)
class SamplerConfig:
    """Base of the options of commands that generate texts."""

    temperature: float = option(
        0.7,
        "Sampling temperature: below 1 sharpens the distribution; 0 is greedy.",
        group=DECODING,
        low=0.0,
        high=100.0,
    )
    top_p: float = option(
        0.9,
        "Nucleus sampling: only the most likely tokens that together reach "
        "this probability; 1 keeps all.",
        group=DECODING,
        low=0.01,
        high=1.0,
    )
    top_k: int = option(
        0,
        "Only this many of the most likely tokens, in place of --top_p; 0 for "
        "off.",
        group=DECODING,
        unit="tokens",
        low=0,
    )

    def sampler(self) -> Sampler:
        """Builds the sampler."""
        from textgan.inference.samplers import Greedy, TopK, TopP

        if not self.temperature:
            return Greedy()
        if self.top_k:
            return TopK(self.top_k, self.temperature)
        return TopP(self.top_p, self.temperature)
