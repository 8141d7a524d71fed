"""Seeded dead-leaves images: edges, textures and occlusion at every size.

They replace photographs where there are none. An image is a pile of opaque
shapes whose sizes follow a power law, which gives it the scale-invariant
statistics of natural images.

Reference:
    - Lee, Mumford & Huang 2001, Occlusion models for natural images, IJCV
    - [Achddou et al. 2021](https://hal.science/hal-03259041): image
      restoration networks trained on such images only
"""

from __future__ import annotations

import numpy as np

# Sizes follow r**-3 (Lee et al. 2001, section 3), in pixels.
_MIN_RADIUS = 5.0
_MAX_RADIUS_SHARE = 0.4
# A transmittance below this is invisible in 8 bits.
_OPAQUE = 1 / 512
_MAX_LEAVES = 6000


def dead_leaves(size: int, seed: int) -> np.ndarray:
    """Renders one image, front to back and with antialiased edges.

    Args:
        size: Height and width, in pixels, from 8.
        seed: Seeds the image.

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
    # Share of each pixel that no shape covers yet.
    transmittance = np.ones((size, size))
    for _ in range(_MAX_LEAVES):
        radius = _power_law(random, _MIN_RADIUS, _MAX_RADIUS_SHARE * size)
        center = random.uniform(-radius, size + radius, 2)
        # 1.5 radii hold the corners of every shape.
        low = np.clip(np.floor(center - 1.5 * radius - 1), 0, size).astype(int)
        high = np.clip(np.ceil(center + 1.5 * radius + 2), 0, size).astype(int)
        box = slice(low[0], high[0]), slice(low[1], high[1])
        if not transmittance[box].any():
            continue
        y, x = np.ogrid[box]
        y, x = y - center[0], x - center[1]
        visible = transmittance[box] * _cover(random, y, x, radius)
        image[box] += visible[..., None] * _surface(random, palette, y, x)
        transmittance[box] -= visible
        if radius > 8 and transmittance.max() < _OPAQUE:
            break
    y, x = np.ogrid[:size, :size]
    image += transmittance[..., None] * _surface(random, palette, y, x)
    return np.clip(np.round(255 * image), 0, 255).astype(np.uint8)


def _power_law(random: np.random.Generator, low: float, high: float) -> float:
    """Draws from the density proportional to r**-3 between two bounds."""
    share = random.uniform()
    return float((low**-2 + share * (high**-2 - low**-2)) ** -0.5)


def _palette(random: np.random.Generator) -> np.ndarray:
    """Draws the colors of one image: a few hues, many lightnesses."""
    hues = random.uniform(0, 1, (4, 3)) ** 1.5
    light = random.beta(1.2, 1.2, (24, 1))
    gray = random.uniform(0.2, 1.0, (24, 1))
    colors = hues[random.integers(4, size=24)]
    colors = gray * colors.mean(axis=1, keepdims=True) + (1 - gray) * colors
    return light * colors / colors.max(axis=1, keepdims=True)


def _cover(
    random: np.random.Generator, y: np.ndarray, x: np.ndarray, radius: float
) -> np.ndarray:
    """Computes how much of each pixel a random shape covers, 0..1.

    The share follows from the signed distance to the edge, which antialiases
    the edge over one pixel.
    """
    angle = random.uniform(0, 2 * np.pi)
    u = np.cos(angle) * x + np.sin(angle) * y
    v = np.cos(angle) * y - np.sin(angle) * x
    kind = random.choice(["disc", "ellipse", "rectangle", "polygon"])
    if kind == "disc":
        distance = np.hypot(y, x) - radius
    elif kind == "ellipse":
        flatness = random.uniform(0.3, 0.9)
        radial = np.hypot(u, v / flatness)
        # The distance to first order: value over length of the gradient.
        slope = np.hypot(u, v / flatness**2) / np.maximum(radial, 1e-6)
        distance = (radial - radius) / np.maximum(slope, 1e-6)
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
    """Draws a plain color, a gradient, stripes, checks or grain, 0..1."""
    first, second = palette[random.choice(len(palette), 2, replace=False)]
    shape = np.broadcast_shapes(y.shape, x.shape)
    kind = random.choice(
        ["plain", "gradient", "stripes", "checks", "grain"],
        p=[0.3, 0.35, 0.15, 0.1, 0.1],
    )
    if kind == "plain":
        return np.broadcast_to(first, (*shape, 3))
    if kind == "grain":
        noise = random.normal(0, random.uniform(0.02, 0.12), shape)
        return np.clip(first + noise[..., None], 0, 1)
    angle = random.uniform(0, 2 * np.pi)
    along = np.cos(angle) * x + np.sin(angle) * y
    if kind == "gradient":
        share = 0.5 + along / max(np.ptp(along), 1.0)
    else:
        # At least 2.5 pixels, which an image can still resolve.
        period = random.uniform(2.5, 24)
        wave = np.sin(2 * np.pi * along / period)
        if kind == "checks":
            across = np.cos(angle) * y - np.sin(angle) * x
            wave = wave * np.sin(2 * np.pi * across / period)
        share = 0.5 + 0.5 * np.tanh(random.uniform(0.5, 3) * wave)
    share = np.clip(share, 0, 1)[..., None]
    return first + share * (second - first)
