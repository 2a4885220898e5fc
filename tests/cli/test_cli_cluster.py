"""``kmc quantize --scheduler``: the workers of a cluster make what one machine makes."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import zarr
from scenes import photo, veil
from shell import run, tree

import kmc

pytestmark = pytest.mark.once

PIXELS = photo(301, 203)

# A process of its own, since what Dask leaves to the garbage collector is none of ours.
CLUSTER = """
import sys
from distributed import LocalCluster

if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The address of a scheduler with two workers."""
    script = tmp_path_factory.mktemp("cluster") / "cluster.py"
    script.write_text(CLUSTER)
    command = [sys.executable, str(script)]
    with subprocess.Popen(command, stdin=-1, stdout=-1, stderr=subprocess.DEVNULL) as process:
        yield process.stdout.readline().decode().strip()
        process.communicate(b"", timeout=60)


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    zarr.create_array("a.zarr", data=PIXELS, chunks=(100, 90, 3))
    zarr.create_array("grey.zarr", data=PIXELS[:, :, 0], chunks=(64, 64))
    zarr.create_array("veil.zarr", data=veil(90, 60), chunks=(50, 60, 2))
    return tmp_path


@pytest.mark.parametrize(
    ("name", "arguments", "options"),
    [
        ("a", [], {"look": "best", "dither": "none"}),
        ("a", ["--dither", "blue-noise"], {"look": "best", "dither": "blue-noise"}),
        ("a", ["--look", "plain", "--fixed", "#fff"], {"fixed": [(255, 255, 255)]}),
        ("grey", ["--order", "hue"], {"look": "best", "dither": "none", "order": "hue"}),
        ("veil", ["--psnr", "18"], {"psnr": 18}),
    ],
)
def test_a_cluster_makes_what_one_machine_makes(here, address, name, arguments, options):
    scheduler = ["--scheduler", address, "--json"]
    done = run("quantize", f"{name}.zarr", "-k", 40, *arguments, "-o", "o.zarr", *scheduler)
    assert (done.returncode, done.stderr) == (0, b"")
    whole = kmc.quantize(zarr.open(f"{name}.zarr")[:], 40, **{"order": "luminance"} | options)
    written = zarr.open("o.zarr")
    np.testing.assert_array_equal(written[:], whole.indices)
    assert written.attrs["palette"] == whole.palette.colors.tolist()
    said = json.loads(done.stdout)
    assert (said["width"], said["height"]) == written.shape[::-1]
    assert said["mse"] == pytest.approx(whole.mse, abs=1e-6)
    assert tree(here).count("o.zarr/zarr.json") == 1
    assert not [each for each in os.listdir() if "tmp" in each]


def test_a_given_palette_and_an_existing_result(here, address):
    arguments = ["quantize", "a.zarr", "--palette", "nord", "-o", "o.zarr"]
    for more, code in (([], 0), ([], 15), (["-f", "-n"], 0), (["-f"], 0)):
        assert run(*arguments, *more, "--scheduler", address).returncode == code
    palette = kmc.Palette(kmc.palettes["nord"].colors, space="oklab")
    np.testing.assert_array_equal(zarr.open("o.zarr")[:], palette.remap(PIXELS).indices)


def test_a_damaged_chunk_leaves_nothing(here, address):
    chunk = max(
        (each for each in here.glob("a.zarr/c/**/0") if each.is_file()), key=os.path.getsize
    )
    chunk.write_bytes(b"rubbish")
    before = tree(here)
    done = run("quantize", "a.zarr", "-k", 4, "-o", "o.zarr", "--scheduler", address)
    assert done.returncode != 0
    assert done.stderr.startswith(b"kmc: a.zarr: ")
    assert tree(here) == before


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense://x", "hello"])
def test_a_scheduler_that_is_not_there(cli, here, monkeypatch, address):
    monkeypatch.setattr("kmc.streaming.cluster._TIMEOUT", "0.2s")
    before = tree(here)
    code, _, err = cli("quantize", "a.zarr", "-k", 4, "-o", "o.zarr", "--scheduler", address)
    assert (code, tree(here)) == (1, before)
    assert f"a.zarr: the Dask scheduler {address} cannot be reached: " in err


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--dither", "adaptive"], "--dither adaptive"),
        (["--dither", "atkinson"], "--dither atkinson"),
        (["--look", "best"], "--dither adaptive"),
        (["--order", "compact"], "--order compact"),
        (["--order", "popularity", "--dither", "bayer"], "--order popularity"),
        (["--resize", "50%"], "--resize"),
        (["--background", "#fff"], "--background"),
        (["--alpha-threshold", "9"], "--alpha-threshold"),
        (["--frame", "0"], "--frame"),
        (["--pyramid", "0"], "--pyramid"),
        (["--preserve"], "--preserve"),
        (["--threads", "2"], "--threads"),
        (["--jobs", "2"], "--jobs"),
        (["--shared-palette"], "--shared-palette"),
        (["--level", "2"], "--level"),
        (["--importance", "small.png"], "--importance has 10 x 10 pixels"),
    ],
)
def test_what_is_not_for_clusters_is_refused_by_name(cli, here, arguments, named):
    from PIL import Image

    Image.new("L", (10, 10)).save("small.png")
    before = tree(here)
    scheduler = ["--scheduler", "tcp://127.0.0.1:9"]
    code, _, err = cli("quantize", "a.zarr", "-k", 9, "-o", "o.zarr", *arguments, *scheduler)
    assert (code, tree(here)) == (1, before)
    assert named in err


@pytest.mark.parametrize("arguments", [["small.png", "-o", "o.zarr"], ["a.zarr", "-o", "o.png"]])
def test_only_zarr_goes_to_clusters(cli, here, arguments):
    from PIL import Image

    Image.new("L", (10, 10)).save("small.png")
    code, _, err = cli("quantize", *arguments, "-k", 9, "--scheduler", "tcp://127.0.0.1:9")
    assert code == 1
    assert "--scheduler is for zarr arrays, in and out" in err
