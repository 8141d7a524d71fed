"""Draws photographs as upscaled by bicubic and by pretrained models.

python examples/compare_models.py photographs.png
python examples/compare_models.py mine.png photo-x4 runs/.../model.h5

The photographs come with scikit-image: Chelsea the cat by Stefan van der Walt
and a coffee cup by Rachel Michetti, both CC0, and Eileen Collins by NASA, in
the public domain.
"""

import io
import sys

import numpy as np
from matplotlib.figure import Figure
from PIL import Image
from skimage import data

import srgan

SCALE, SIDE = 4, 72
target, *models = sys.argv[1:]
models = models or ["compact-x4", "photo-x4"]


def jpeg(image: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file)


# === Images: one as it is, two made small and saved as JPEG ===
chelsea, coffee, astronaut = (
    Image.fromarray(photograph())
    for photograph in (data.chelsea, data.coffee, data.astronaut)
)
small = astronaut.resize((256, 256), Image.Resampling.BICUBIC)
noise = np.random.default_rng(0).normal(0, 8, (256, 256, 3))
noisy = Image.fromarray(np.uint8(np.clip(np.array(small) + noise, 0, 255)))
rows = {
    "as found": (chelsea, (142, 78)),
    "JPEG 40": (jpeg(coffee.resize((300, 200)), 40), (150, 50)),
    "noise, JPEG 75": (jpeg(noisy, 75), (76, 22)),
}

# === Upscaling ===
upscalers = {name: srgan.ImageUpscaler.from_preset(name) for name in models}
figure = Figure(figsize=(2.2 * (2 + len(models)), 6.9), layout="constrained")
grid = figure.subplots(len(rows), 2 + len(models), squeeze=False)
for axes, (name, (image, (left, top))) in zip(grid, rows.items(), strict=True):
    width, height = image.width * SCALE, image.height * SCALE
    panels = {
        f"low resolution, {name}": image.resize((width, height), 0),
        "bicubic": image.resize((width, height), Image.Resampling.BICUBIC),
        **{model: upscalers[model].upscale(image) for model in models},
    }
    box = [SCALE * side for side in (left, top, left + SIDE, top + SIDE)]
    for axis, (title, panel) in zip(axes, panels.items(), strict=True):
        axis.imshow(panel.crop(box), interpolation="nearest")
        axis.set(xticks=[], yticks=[])
        axis.set_xlabel(title, fontsize=8)
figure.savefig(target, dpi=150)
print("Saved to", target)
