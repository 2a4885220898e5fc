"""
Soft edges on any background
============================

A drop with a soft shadow, in 4, 8 and 16 colours. Colours and transparency share the palette:
opaque pixels stay opaque, and clear ones clear.
"""

import numpy as np
from PIL import Image

import kmc

# %%
# The drop is painted here: a disc with light, and its shadow.

y, x = np.mgrid[-1:1:240j, -1:1:240j]
inside = np.clip((0.6 - np.hypot(x, y)) * 120, 0, 1)
shadow = np.clip(0.75 - np.hypot(x - 0.12, y - 0.16), 0, 1) ** 1.2
light = np.clip(1.1 - np.hypot(x + 0.25, y + 0.3), 0, 1)[..., None]
body = np.array((150, 20, 60)) * (1 - light) + np.array((255, 190, 130)) * light
alpha = inside + (1 - inside) * np.clip(shadow, 0, 0.6)
color = body * inside[..., None] + np.array((10, 10, 40)) * (1 - inside[..., None])
drop = np.dstack([color, 255 * alpha]).round().astype(np.uint8)

# %%
# Each result is laid over stripes, as a browser would do.

stripes = np.where(((np.arange(240) // 20) % 2)[:, None, None], 255, 222)
ground = Image.fromarray(np.broadcast_to(stripes, (240, 240, 3)).astype(np.uint8)).convert("RGBA")
for k in (4, 8, 16):
    result = kmc.quantize(drop, k)
    opaque = (result.palette.colors[:, 3] == 255).sum()
    print(f"{k:2} colours, {opaque} of them opaque: {len(result.to_bytes())} bytes as PNG")
    shown = ground.copy()
    shown.alpha_composite(Image.fromarray(np.asarray(result)))
    shown.save(f"drop-{k:02}.png")
