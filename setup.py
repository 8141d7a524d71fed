"""Copies the sample of jokes into the package when a wheel is built.

It stays in datasets/, where people look for it; all else is in setup.cfg.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SAMPLE = Path("datasets/kaggle_jokes/sample.csv")


class BuildWithSample(build_py):
    """Builds the packages, with the sample as `textgan/data/sample.csv`."""

    def run(self):
        super().run()
        if not self.editable_mode:
            target = Path(self.build_lib, "textgan", "data", SAMPLE.name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(SAMPLE, target)

    def get_outputs(self, include_bytecode=True):
        target = Path(self.build_lib, "textgan", "data", SAMPLE.name)
        return [*super().get_outputs(include_bytecode), str(target)]


setup(cmdclass={"build_py": BuildWithSample})
