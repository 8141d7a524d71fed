"""Seeded dead-leaves images: edges, textures and occlusion at every size.

They stand in for photographs where there are none. A image is a pile of
shapes with a power-law distribution of sizes, which gives it the statistics
of natural images that do not depend on scale.

Reference:
    - Lee, Mumford & Huang 2001, Occlusion models for natural images, IJCV
    - [Achddou et al. 2021](https://hal.science/hal-03259041): networks for
      image restoration trained on nothing else
"""

from __future__ import annotations

import numpy as np

# Sizes follow r**-3 (Lee et al. 2001, section 3), in pixels.
_SMALLEST = 5.0
_LARGEST_SHARE = 0.4
# What shines through less than this is not seen in 8 bits.
_OPAQUE = 1 / 512
_MOST_LEAVES = 6000


def dead_leaves(size: int, seed: int) -> np.ndarray:
    """Renders one image, front to back and without jagged edges.

    Args:
        size: Height and width, in pixels, from 8.
        seed: The same seed gives the same image.

    Returns:
        uint8 array of shape `(size, size, 3)`, RGB.

    Examples:
        >>> dead_leaves(32, seed=0).shape
        (32, 32, 3)
        >>> bool((dead_leaves(32, seed=0) == dead_leaves(32, seed=0)).all())
        True
    """
    random = np.random.default_rng(seed)
    palette = _palette(random)
    image = np.zeros((size, size, 3))
    # How much of what lies behind each pixel is still seen.
    open_share = np.ones((size, size))
    for _ in range(_MOST_LEAVES):
        radius = _power_law(random, _SMALLEST, _LARGEST_SHARE * size)
        centre = random.uniform(-radius, size + radius, 2)
        # 1.5 radii hold the corners of every shape.
        low = np.clip(np.floor(centre - 1.5 * radius - 1), 0, size).astype(int)
        high = np.clip(np.ceil(centre + 1.5 * radius + 2), 0, size).astype(int)
        box = slice(low[0], high[0]), slice(low[1], high[1])
        if not open_share[box].any():
            continue
        y, x = np.ogrid[box]
        y, x = y - centre[0], x - centre[1]
        seen = open_share[box] * _cover(random, y, x, radius)
        image[box] += seen[..., None] * _surface(random, palette, y, x)
        open_share[box] -= seen
        if radius > 8 and open_share.max() < _OPAQUE:
            break
    y, x = np.ogrid[:size, :size]
    image += open_share[..., None] * _surface(random, palette, y, x)
    return np.clip(np.round(255 * image), 0, 255).astype(np.uint8)


def _power_law(random: np.random.Generator, low: float, high: float) -> float:
    """Draws from the density proportional to r**-3 between two bounds."""
    share = random.uniform()
    return float((low**-2 + share * (high**-2 - low**-2)) ** -0.5)


def _palette(random: np.random.Generator) -> np.ndarray:
    """Draws the colours of one image: a few hues, many lightnesses."""
    hues = random.uniform(0, 1, (4, 3)) ** 1.5
    light = random.beta(1.2, 1.2, (24, 1))
    grey = random.uniform(0.2, 1.0, (24, 1))
    colours = hues[random.integers(4, size=24)]
    colours = grey * colours.mean(axis=1, keepdims=True) + (1 - grey) * colours
    return light * colours / colours.max(axis=1, keepdims=True)


def _cover(
    random: np.random.Generator, y: np.ndarray, x: np.ndarray, radius: float
) -> np.ndarray:
    """Gives each pixel's share inside a random shape, 0..1.

    The share is read off the signed distance to the edge, which smooths the
    edge over one pixel.
    """
    angle = random.uniform(0, 2 * np.pi)
    u = np.cos(angle) * x + np.sin(angle) * y
    v = np.cos(angle) * y - np.sin(angle) * x
    kind = random.choice(["disc", "ellipse", "rectangle", "polygon"])
    if kind == "disc":
        distance = np.hypot(y, x) - radius
    elif kind == "ellipse":
        flatness = random.uniform(0.3, 0.9)
        reach = np.hypot(u, v / flatness)
        # The distance to first order: value over length of the gradient.
        slope = np.hypot(u, v / flatness**2) / np.maximum(reach, 1e-6)
        distance = (reach - radius) / np.maximum(slope, 1e-6)
    elif kind == "rectangle":
        flatness = random.uniform(0.1, 1.0)
        distance = np.maximum(abs(u) - radius, abs(v) - flatness * radius)
    else:
        corners = random.integers(3, 8)
        turns = (
            2 * np.pi * (np.arange(corners) + random.uniform(0, 0.7, corners))
        )
        distance = np.full(np.broadcast_shapes(u.shape, v.shape), -np.inf)
        for turn in turns / corners:
            side = np.cos(turn) * u + np.sin(turn) * v
            distance = np.maximum(distance, side - 0.7 * radius)
        distance = np.maximum(distance, np.hypot(u, v) - 1.4 * radius)
    return np.clip(0.5 - distance, 0, 1)


def _surface(
    random: np.random.Generator,
    palette: np.ndarray,
    y: np.ndarray,
    x: np.ndarray,
) -> np.ndarray:
    """Paints a plain colour, a gradient, stripes, checks or grain, 0..1."""
    one, other = palette[random.choice(len(palette), 2, replace=False)]
    shape = np.broadcast_shapes(y.shape, x.shape)
    kind = random.choice(
        ["plain", "gradient", "stripes", "checks", "grain"],
        p=[0.3, 0.35, 0.15, 0.1, 0.1],
    )
    if kind == "plain":
        return np.broadcast_to(one, (*shape, 3))
    if kind == "grain":
        rough = random.normal(0, random.uniform(0.02, 0.12), shape)
        return np.clip(one + rough[..., None], 0, 1)
    angle = random.uniform(0, 2 * np.pi)
    along = np.cos(angle) * x + np.sin(angle) * y
    if kind == "gradient":
        share = 0.5 + along / max(np.ptp(along), 1.0)
    else:
        # No finer than 2.5 pixels, which a image can still hold.
        period = random.uniform(2.5, 24)
        wave = np.sin(2 * np.pi * along / period)
        if kind == "checks":
            across = np.cos(angle) * y - np.sin(angle) * x
            wave = wave * np.sin(2 * np.pi * across / period)
        share = 0.5 + 0.5 * np.tanh(random.uniform(0.5, 3) * wave)
    share = np.clip(share, 0, 1)[..., None]
    return one + share * (other - one)
