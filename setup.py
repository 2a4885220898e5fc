"""Builds the extension modules: their compiler flags, and a probe for OpenMP.

Environment variables: KMC_OPENMP=0 disables OpenMP, KMC_SANITIZE=1 enables the address and
undefined-behaviour sanitizers and the test hooks, KMC_WERROR=1 turns warnings into errors.
"""

import os
import platform
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from glob import glob
from pathlib import Path
from typing import Any

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError, LinkError

FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
OPENMP = os.environ.get("KMC_OPENMP") != "0"
SANITIZE = os.environ.get("KMC_SANITIZE") == "1"
WERROR = os.environ.get("KMC_WERROR") == "1"

# No fused multiply-add: it would round differently from one processor to the next. Aligned loops:
# the smallest ones, as in remap, take up to a third longer where they straddle a fetch line.
FLAGS = ["-std=c11", "-O3", "-g0", "-ffp-contract=off", "-falign-loops=32", "-fvisibility=hidden"]
X86 = ("x86", "i386", "i486", "i586", "i686", "x86_64", "amd64")
if sys.maxsize < 2**32 and platform.machine().lower() in X86:
    FLAGS += ["-msse2", "-mfpmath=sse"]  # the x87 rounds differently from all other processors
WARNINGS = ["-Wall", "-Wextra", "-Wshadow", "-Wstrict-prototypes", "-Wmissing-prototypes", "-Wvla"]
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"]

# Flags for the C that Cython generates: calls into Python dominate, so -O3 gains nothing there.
GENERATED = [] if sys.platform == "win32" else ["-O1"]

OPENMP_PROGRAM = """
#include <omp.h>
int main(void)
{
    int threads = 0;
#pragma omp parallel
#pragma omp atomic
    threads++;
    return threads != omp_get_max_threads();
}
"""


def openmp_flags(compiler_type: str) -> list[tuple[list[str], list[str]]]:
    """Compiler and linker flags to try for OpenMP, in order of preference."""
    if compiler_type == "msvc":
        return [(["/openmp"], [])]
    ways = [(["-fopenmp"], ["-fopenmp"])]
    if sys.platform == "darwin":  # Apple's clang supports OpenMP, but Homebrew has the library
        apple = ["-Xpreprocessor", "-fopenmp"]
        ways.append((apple, ["-lomp"]))
        if brew := shutil.which("brew"):
            libomp = Path(brew).parent.parent / "opt" / "libomp"
            ways.append(([*apple, f"-I{libomp}/include"], [f"-L{libomp}/lib", "-lomp"]))
    return ways


def in_parallel(compile_all: Callable[..., list[str]]) -> Callable[..., list[str]]:
    """Wrap a compiler's method `compile`, so that it compiles files in parallel."""

    def compile_each(sources: list[str], **options: Any) -> list[str]:
        def compile_one(source: str) -> list[str]:
            flags = [*(options["extra_postargs"] or [])]
            if Path(source).parts[0] == "kmc":
                flags += GENERATED
            return compile_all([source], **options | {"extra_postargs": flags})

        compile_all([], **options)  # initializes the compiler (MSVC) before the threads start
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return [name for names in pool.map(compile_one, sources) for name in names]

    return compile_each


class BuildExt(build_ext):
    """Adds the flags that the compiler supports, and compiles files in parallel."""

    def build_extensions(self) -> None:
        openmp = self.openmp()
        for extension in self.extensions:
            if self.compiler.compiler_type == "msvc":
                extension.extra_compile_args = ["/O2", "/std:c11", *openmp[0]]
                continue
            sanitizers = SANITIZERS if SANITIZE else []
            extension.extra_compile_args = [
                *FLAGS,
                *(["-O1", "-g"] if SANITIZE else []),
                *([*WARNINGS, "-Werror"] if WERROR else []),
                *openmp[0],
                *sanitizers,
            ]
            extension.extra_link_args = [*openmp[1], *sanitizers]
        self.compiler.compile = in_parallel(self.compiler.compile)
        super().build_extensions()

    def openmp(self) -> tuple[list[str], list[str]]:
        """Compiler and linker flags that enable OpenMP; empty lists if it is unavailable."""
        if not OPENMP:
            return [], []
        for flags in openmp_flags(self.compiler.compiler_type):
            if self.links(*flags):
                return flags
        self.warn("this compiler has no OpenMP: kmc will use one thread")
        return [], []

    def links(self, compile_flags: list[str], link_flags: list[str]) -> bool:
        """Whether an OpenMP program can be built."""
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, "openmp.c")
            source.write_text(OPENMP_PROGRAM)
            try:
                objects = self.compiler.compile(
                    [str(source)], output_dir=folder, extra_postargs=compile_flags
                )
                self.compiler.link_executable(
                    objects, str(Path(folder, "openmp")), extra_postargs=link_flags
                )
            except (CompileError, LinkError):
                return False
        return True


macros = [
    *([] if FREE_THREADED else [("Py_LIMITED_API", "0x030B0000")]),
    *([("KMC_TEST_HOOKS", "1")] if SANITIZE else []),
]

# Code that Cython generates for several modules, such as memoryviews, is in a shared module.
modules = cythonize(
    [Extension("*", ["kmc/core/*.pyx"]), Extension("kmc.core._engine", ["kmc/core/_engine.c"])],
    compiler_directives={
        "language_level": "3",
        "boundscheck": False,
        "wraparound": False,
        "freethreading_compatible": True,
    },
    shared_utility_qualified_name="kmc.core._engine",
    module_name="kmc.core._engine",  # of the shared module; the default would be `_engine`
)

# Files that take longest to compile come first.
sources = sorted(glob("src_c/*/*.c"), key=lambda name: ("kernels" not in name, name))

# All modules are linked into one library (kmc/core/__init__.py), so that they share C state.
engine = Extension(
    "kmc.core._engine",
    sources=[*sources, *(source for module in modules for source in module.sources)],
    depends=glob("src_c/**/*.h", recursive=True),
    include_dirs=["src_c"],
    define_macros=macros,
    py_limited_api=not FREE_THREADED,
)

setup(
    ext_modules=[engine],
    cmdclass={"build_ext": BuildExt},
    options={} if FREE_THREADED else {"bdist_wheel": {"py_limited_api": "cp311"}},
)
