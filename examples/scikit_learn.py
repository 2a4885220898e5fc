"""
In scikit-learn
===============

``kmc.ColorKMeans`` is an estimator: it has ``fit``, ``predict``, ``transform`` and ``score``, and
works wherever scikit-learn takes a clusterer.
"""

from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.model_selection import GridSearchCV

import kmc

with Image.open(Path(__file__).with_name("balloons.jpg")) as photo:
    pixels = np.asarray(photo.resize((300, 200)))
rows = pixels.reshape(-1, 3)

# %%
# The pixels as rows, and the picture painted in the centres:

model = kmc.ColorKMeans(n_clusters=6).fit(rows)
centres = model.cluster_centers_.round().astype(np.uint8)
Image.fromarray(centres[model.labels_].reshape(pixels.shape)).save("six.png")
print(f"inertia {model.inertia_:.0f} after {model.n_iter_} iterations")

# %%
# A grid search over the number of clusters, with the score of scikit-learn's own ``KMeans``, the
# negative inertia:

search = GridSearchCV(kmc.ColorKMeans(), {"n_clusters": [2, 4, 8, 16]}, cv=3).fit(rows)
for k, score in zip((2, 4, 8, 16), search.cv_results_["mean_test_score"], strict=True):
    print(f"{k:2} clusters: {score:14.0f}")

# %%
# Masks of single clusters: the sky that the sun has turned yellow.

yellow = int(np.argmax(centres[:, :2].sum(axis=1)))
mask = (model.labels_ == yellow).reshape(pixels.shape[:2])
Image.fromarray(mask).save("mask.png")
