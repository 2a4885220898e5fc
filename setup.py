"""What cannot be declared: the extension module, its flags and the probe for OpenMP.

Switches in the environment: KMC_OPENMP=0 builds without threads, KMC_SANITIZE=1 with the address
and undefined-behaviour sanitizers and the test hooks, KMC_WERROR=1 turns warnings into errors.
"""

import os
import sysconfig
import tempfile
from glob import glob
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError, LinkError

FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
SANITIZE = os.environ.get("KMC_SANITIZE") == "1"

WARNINGS = ["-Wall", "-Wextra", "-Wshadow", "-Wstrict-prototypes", "-Wmissing-prototypes", "-Wvla"]
SANITIZERS = ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"]


def compiler_flags(compiler_type: str) -> list[str]:
    if compiler_type == "msvc":
        return ["/O2", "/std:c11"]
    flags = ["-std=c11", "-O3", "-g0", "-ffp-contract=off", "-fvisibility=hidden"]
    if os.environ.get("KMC_WERROR") == "1":
        flags += [*WARNINGS, "-Werror"]
    return flags + SANITIZERS if SANITIZE else flags


class BuildExt(build_ext):
    """Adds the flags of the compiler at hand, OpenMP's among them where it works."""

    def build_extensions(self) -> None:
        kind = self.compiler.compiler_type
        openmp = self.openmp_flags(["/openmp"] if kind == "msvc" else ["-fopenmp"])
        for extension in self.extensions:
            extension.extra_compile_args = compiler_flags(kind) + openmp
            extension.extra_link_args = ([] if kind == "msvc" else openmp) + (
                SANITIZERS[2:3] if SANITIZE else []
            )
        super().build_extensions()

    def openmp_flags(self, flags: list[str]) -> list[str]:
        """The flags, or none where a program using OpenMP does not compile and link."""
        if os.environ.get("KMC_OPENMP") == "0":
            return []
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, "probe.c")
            source.write_text(
                "#include <omp.h>\nint main(void) { return omp_get_max_threads() < 1; }\n"
            )
            try:
                objects = self.compiler.compile(
                    [str(source)], output_dir=folder, extra_postargs=flags
                )
                linked = [] if self.compiler.compiler_type == "msvc" else flags
                self.compiler.link_executable(
                    objects, str(Path(folder, "probe")), extra_postargs=linked
                )
            except (CompileError, LinkError):
                return []
        return flags


macros = [] if FREE_THREADED else [("Py_LIMITED_API", "0x030B0000")]
if SANITIZE:
    macros.append(("KMC_TEST_HOOKS", "1"))

core = Extension(
    "kmc._core",
    sources=["kmc/_core.pyx", *sorted(glob("src_c/*.c"))],
    depends=glob("src_c/*.h"),
    include_dirs=["src_c"],
    define_macros=macros,
    py_limited_api=not FREE_THREADED,
)

setup(
    ext_modules=cythonize([core], compiler_directives={"language_level": "3"}),
    cmdclass={"build_ext": BuildExt},
    options={} if FREE_THREADED else {"bdist_wheel": {"py_limited_api": "cp311"}},
)
