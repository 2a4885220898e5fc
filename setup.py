"""What cannot be declared: the extension module and its flags.

Switches in the environment: KMC_THREADS=0 builds without threads, KMC_SANITIZE=1 with the address
and undefined-behaviour sanitizers and the test hooks, KMC_WERROR=1 turns warnings into errors.
"""

import os
import platform
import sys
import sysconfig
from glob import glob

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
SANITIZE = os.environ.get("KMC_SANITIZE") == "1"
THREADS = os.environ.get("KMC_THREADS") != "0"
WERROR = os.environ.get("KMC_WERROR") == "1"

# No fused multiply-add: it would round differently from one processor to the next. Aligned loops:
# the smallest ones, as in remap, take up to a third longer where they straddle a fetch line.
FLAGS = ["-std=c11", "-O3", "-g0", "-ffp-contract=off", "-falign-loops=32", "-fvisibility=hidden"]
X86 = ("x86", "i386", "i486", "i586", "i686", "x86_64", "amd64")
if sys.maxsize < 2**32 and platform.machine().lower() in X86:
    FLAGS += ["-msse2", "-mfpmath=sse"]  # the x87 rounds differently from all other processors
WARNINGS = ["-Wall", "-Wextra", "-Wshadow", "-Wstrict-prototypes", "-Wmissing-prototypes", "-Wvla"]
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"]


class BuildExt(build_ext):
    """Adds the flags of the compiler at hand."""

    def build_extensions(self) -> None:
        for extension in self.extensions:
            if self.compiler.compiler_type == "msvc":
                extension.extra_compile_args = ["/O2", "/std:c11"]
                continue
            threads = ["-pthread"] if THREADS else []
            sanitizers = SANITIZERS if SANITIZE else []
            extension.extra_compile_args = [
                *FLAGS,
                *(["-O1", "-g"] if SANITIZE else []),
                *([*WARNINGS, "-Werror"] if WERROR else []),
                *threads,
                *sanitizers,
            ]
            extension.extra_link_args = [*threads, *sanitizers]
        super().build_extensions()


macros = [
    *([] if FREE_THREADED else [("Py_LIMITED_API", "0x030B0000")]),
    *([] if THREADS else [("KMC_NO_THREADS", "1")]),
    *([("KMC_TEST_HOOKS", "1")] if SANITIZE else []),
]

core = Extension(
    "kmc._core",
    sources=["kmc/_core.pyx", *sorted(glob("src_c/*/*.c"))],
    depends=glob("src_c/**/*.h", recursive=True),
    include_dirs=["src_c"],
    define_macros=macros,
    py_limited_api=not FREE_THREADED,
)

setup(
    ext_modules=cythonize([core], compiler_directives={"language_level": "3"}),
    cmdclass={"build_ext": BuildExt},
    options={} if FREE_THREADED else {"bdist_wheel": {"py_limited_api": "cp311"}},
)
