"""The other tools, each in the setting its own documentation would lead a user to."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import ModuleType

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.contender import Answer, Contender, Pixels

SEED = 1
ITERATIONS = 25  # for the tools that take a number of iterations and no tolerance
Floats = NDArray[np.float32]


def rows(pixels: Pixels) -> Floats:
    """Pixels as (n, 3) float32, what the libraries for general k-means take."""
    return pixels.reshape(-1, pixels.shape[-1]).astype(np.float32)


def distinct_colors(pixels: Pixels) -> Pixels:
    """The distinct colours, (n, C), in order."""
    return np.unique(pixels.reshape(-1, pixels.shape[-1]), axis=0)


def random_seeds(distinct: Pixels, k: int) -> NDArray[np.float64]:
    """k distinct colours drawn at random, the seeding of most teaching material."""
    picks = np.random.default_rng(SEED).choice(len(distinct), min(k, len(distinct)), replace=False)
    return distinct[picks].astype(np.float64)


def numpy_kmeans(iterations: int) -> list[Contender]:
    """Lloyd's algorithm by broadcasting, as teaching material writes it."""

    def run(prepared: tuple[NDArray[np.float64], Pixels], k: int) -> Answer:
        points, distinct = prepared
        centroids = random_seeds(distinct, k)
        labels = np.empty(len(points), dtype=np.intp)
        chunk = max(1, 2**23 // centroids.size)  # 64 MB of differences at a time
        for _ in range(iterations):
            for start in range(0, len(points), chunk):
                part = points[start : start + chunk]
                distances = ((part[:, None, :] - centroids[None, :, :]) ** 2).sum(axis=2)
                labels[start : start + chunk] = distances.argmin(axis=1)
            for j in range(len(centroids)):
                members = points[labels == j]
                if len(members):
                    centroids[j] = members.mean(axis=0)
        return Answer(labels, centroids=centroids, iterations=iterations)

    def prepare(pixels: Pixels) -> tuple[NDArray[np.float64], Pixels]:
        return rows(pixels).astype(np.float64), distinct_colors(pixels)

    label = f"NumPy, broadcast ({iterations} it.)"
    return [Contender(label, np.__version__, run, prepare, slow=True, per_iteration=True)]


def scikit_learn() -> list[Contender]:
    """KMeans with Lloyd's algorithm and one start, and its mini-batch variant."""
    cluster = importlib.import_module("sklearn.cluster")
    version = importlib.import_module("sklearn").__version__

    def lloyd(points: Floats, k: int) -> Answer:
        model = cluster.KMeans(k, n_init=1, algorithm="lloyd", random_state=SEED).fit(points)
        return Answer(model.labels_, centroids=model.cluster_centers_, iterations=model.n_iter_)

    def mini_batch(points: Floats, k: int) -> Answer:
        model = cluster.MiniBatchKMeans(k, n_init=1, random_state=SEED).fit(points)
        return Answer(model.labels_, centroids=model.cluster_centers_, iterations=model.n_iter_)

    return [
        Contender("scikit-learn KMeans", version, lloyd, rows, slow=True),
        Contender("scikit-learn MiniBatch", version, mini_batch, rows, slow=True),
    ]


def opencv() -> list[Contender]:
    """cv2.kmeans: k-means++ centres, one attempt, 25 iterations."""
    cv2 = importlib.import_module("cv2")
    criteria = (cv2.TERM_CRITERIA_MAX_ITER, ITERATIONS, 0.0)

    def run(points: Floats, k: int) -> Answer:
        cv2.setRNGSeed(SEED)
        flags = cv2.KMEANS_PP_CENTERS
        _, labels, centers = cv2.kmeans(points, k, None, criteria, 1, flags)
        return Answer(labels, centroids=centers, iterations=ITERATIONS)

    return [Contender("cv2.kmeans, 25 it.", cv2.__version__, run, rows, slow=True)]


def faiss_kmeans() -> list[Contender]:
    """faiss.Kmeans on every pixel, and as it comes: on 256 random pixels a centroid."""
    faiss = importlib.import_module("faiss")

    def runner(**settings: object) -> Callable[[Floats, int], Answer]:
        def run(points: Floats, k: int) -> Answer:
            model = faiss.Kmeans(points.shape[1], k, niter=ITERATIONS, seed=SEED, **settings)
            model.train(points)
            _, labels = model.index.search(points, 1)
            return Answer(labels, centroids=model.centroids, iterations=ITERATIONS)

        return run

    everything = runner(max_points_per_centroid=2**31 - 1)
    return [
        Contender("faiss, 25 it.", faiss.__version__, everything, rows, slow=True),
        Contender("faiss, 25 it., sampled", faiss.__version__, runner(), rows, slow=True),
    ]


def pillow() -> list[Contender]:
    """Image.quantize without dithering: median cut, refined by k-means, and the octree."""

    def runner(method: Image.Quantize, kmeans: int) -> Callable[[Image.Image, int], Answer]:
        def run(image: Image.Image, k: int) -> Answer:
            paletted = image.quantize(k, method, kmeans, dither=Image.Dither.NONE)
            colors = np.array(paletted.getpalette(), dtype=np.uint8).reshape(-1, 3)
            return Answer(np.asarray(paletted), colors=colors[:k])

        return run

    version = importlib.import_module("PIL").__version__
    settings = {
        "Pillow median cut": (Image.Quantize.MEDIANCUT, 0),
        "Pillow median cut, kmeans": (Image.Quantize.MEDIANCUT, 1),
        "Pillow octree": (Image.Quantize.FASTOCTREE, 0),
    }
    return [
        Contender(label, version, runner(*setting), Image.fromarray, max_k=256)
        for label, setting in settings.items()
    ]


def libimagequant() -> list[Contender]:
    """libimagequant at speed 4, its default, without dithering."""
    library = importlib.import_module("libimagequant")

    def prepare(pixels: Pixels) -> tuple[bytes, int, int]:
        opaque = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
        return opaque.tobytes(), pixels.shape[1], pixels.shape[0]

    def run(prepared: tuple[bytes, int, int], k: int) -> Answer:
        attributes = library.Attr()
        attributes.max_colors = k
        attributes.speed = 4
        image = attributes.create_rgba(*prepared, 0.0)
        result = image.quantize(attributes)
        result.dithering_level = 0.0
        indices = np.frombuffer(result.remap_image(image), dtype=np.uint8)
        colors = np.array([(c.r, c.g, c.b) for c in result.get_palette()], dtype=np.uint8)
        return Answer(indices, colors=colors)

    version = library.LIQ_VERSION_STRING
    return [Contender("libimagequant, speed 4", version, run, prepare, max_k=256)]


def available(numpy_iterations: int) -> tuple[list[Contender], list[str]]:
    """All contenders that are installed, and the names of the packages that are not."""
    makers: dict[str, tuple[str, Callable[[], list[Contender]]]] = {
        "scikit-learn": ("sklearn", scikit_learn),
        "opencv-python-headless": ("cv2", opencv),
        "faiss-cpu": ("faiss", faiss_kmeans),
        "pillow": ("PIL", pillow),
        "libimagequant": ("libimagequant", libimagequant),
    }
    found, missing = numpy_kmeans(numpy_iterations), []
    for package, (module, maker) in makers.items():
        if installed(module) is None:
            missing.append(package)
        else:
            found += maker()
    return found, missing


def installed(name: str) -> ModuleType | None:
    """The module of that name, None where it is not installed; a broken one still fails."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return None
