"""Makes the README's picture: the sample in 16 colours, beside this script."""

from pathlib import Path

import kmc

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Quantize ``balloons.jpg`` and say what came of it."""
    result = kmc.quantize(HERE / "balloons.jpg", 16)
    target = HERE / "balloons-16.png"
    result.save(target)
    size = target.stat().st_size
    print(f"{target.name}: {size} bytes, MSE {result.mse:.2f}, PSNR {result.psnr:.2f} dB")


if __name__ == "__main__":
    main()
