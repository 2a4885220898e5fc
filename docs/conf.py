"""Settings of Sphinx: ``sphinx-build -W docs OUT``, with ``pip install ".[docs]"``.

Everything that can be made from the project is made here: pictures, drawings, the logo, the page of
the program's options, the gallery and the reference.
"""

import os
import sys
import warnings
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "tools"))

import commands
import drawings
import gallery
import logo

import kmc

MADE = HERE / "_generated"
logo.write(MADE / "static")
drawings.write(MADE / "drawings")
commands.write(HERE / "reference" / "commands.md")
gallery.copy_examples(MADE / "examples")
# What is said at the root of the project, with links as they are from here.
text = (HERE.parent / "CONTRIBUTING.md").read_text(encoding="utf-8").replace("](docs/", "](../")
text = text.replace("](src_c/README.md", "](../how-it-works/architecture.md")
(HERE / "project" / "contributing.md").write_text(text, encoding="utf-8")

project = "kmc"
author = "the kmc authors"
copyright = f"{author}. MIT licence"
version = release = kmc.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "executed",
    "texts",
]
exclude_patterns = ["_build", "_generated", "gallery/*.ipynb", "tools"]
templates_path = ["templates"]
nitpicky = False
smartquotes = False
default_role = "autolink"  # in docstrings: `kmc.fit` leads to its page

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autosummary_generate = True
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True

sphinx_gallery_conf = {
    "examples_dirs": str(MADE / "examples"),
    "gallery_dirs": "gallery",
    "filename_pattern": r"\.py$",
    "image_scrapers": (gallery.WrittenPictures(), "matplotlib"),
    "within_subsection_order": "gallery.Position",
    "remove_config_comments": True,
    "capture_repr": (),
    "download_all_examples": False,
    "notebook_extensions": [],  # scripts read the picture beside them, which notebooks cannot
    "show_memory": False,
    "show_signature": False,
    "min_reported_time": 1000,
    "write_computation_times": False,
    "abort_on_example_error": True,
    "thumbnail_size": (420, 280),
    "plot_gallery": True,
    "doc_module": ("kmc",),
    "reset_modules": ("matplotlib",),
}
# sphinx-gallery has no other way to have figures drawn without a window.
warnings.filterwarnings("ignore", ".*FigureCanvasAgg is non-interactive")

html_theme = "pydata_sphinx_theme"
html_title = "kmc"
html_logo = "_generated/static/logo.svg"
html_favicon = "_generated/static/icon.png"
html_static_path = ["static", "_generated/static"]
html_css_files = ["kmc.css"]
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "logo": {"text": "kmc"},
    "header_links_before_dropdown": 5,
    "navigation_depth": 2,
    "show_toc_level": 1,
    "show_nav_level": 1,
    "footer_start": ["copyright"],
    "footer_end": [],
    "navbar_align": "left",
    "pygments_light_style": "tango",
    "pygments_dark_style": "monokai",
}

# Pages without others below them need no list of these.
html_sidebars = {name: [] for name in ("index", "get-started", "benchmarks")}

# The address of the published site, which only the workflow that publishes it knows.
if address := os.environ.get("KMC_DOCS_URL"):
    html_baseurl = address
    extensions.append("sphinxext.opengraph")
    ogp_site_url = address
    ogp_description_length = 120
    ogp_image = "_static/card.png"
    ogp_image_alt = "kmc: the k best colours of a picture, exactly, in milliseconds"
