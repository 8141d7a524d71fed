"""Looks at the structure of an HDF5 file before any array of it is read.

HDF5 can do far more than hold the weights of a network: point to other files,
declare arrays of any size without holding them, unpack data with plugins. None
of it is needed, so all of it is refused.
"""

from __future__ import annotations

import collections
import math
import re
from typing import Any

import h5py

from gancore.saving.h5_heaps import check_heaps
from gancore.saving.h5_pointers import check_pointers

# Groups and arrays; a network of a thousand layers has a few thousand.
_MOST_OBJECTS = 2**16
_DEEPEST = 32
_LONGEST_NAME = 1024

_LINKS = {
    h5py.h5l.TYPE_SOFT: "a soft link",
    h5py.h5l.TYPE_EXTERNAL: "a link to another file",
}
_LAYOUTS = (h5py.h5d.COMPACT, h5py.h5d.CONTIGUOUS, h5py.h5d.CHUNKED)
_NUMBERS = (h5py.h5t.INTEGER, h5py.h5t.FLOAT)
# Booleans are an enumeration.
_OF_ATTRIBUTES = (*_NUMBERS, h5py.h5t.ENUM, h5py.h5t.STRING)
# How Keras lists the layers of a network and the weights of a layer; a list
# too long for one attribute goes on in numbered ones.
_LIST = re.compile(r"(layer_names|weight_names)\d*")


class UnsafeFileError(Exception):
    """What a file has that no network needs."""


def inspect(file: h5py.File, image: bytes) -> None:
    """Visits every group, array and attribute, and reads no array.

    Args:
        file: Open file.
        image: Its bytes.

    Raises:
        Refusal: At the first thing that no network needs.
    """
    _Inspection(file, image).run()


class _Inspection:
    def __init__(self, file: h5py.File, image: bytes) -> None:
        self.file = file
        self.image = image
        self.array_bytes = 0
        # Addresses in the file of what has been met.
        self.met = {h5py.h5o.get_info(file.id).addr}
        self.groups: set[str] = set()
        self.arrays: set[str] = set()
        # Path, attribute, and whose it is.
        self.lists: list[tuple[str, str, Any]] = []
        # Attributes of a name with texts of variable length.
        self.texts: collections.Counter[bytes] = collections.Counter()
        # Paths of what they name.
        self.layers: list[str] = []
        self.weights: list[str] = []

    def run(self) -> None:
        if self.file.id.get_create_plist().get_sizes() != (8, 8):
            raise UnsafeFileError("its addresses are of an unusual size")
        left = [("", h5py.Group(self.file.id))]
        while left:
            path, group = left.pop()
            self.groups.add(path)
            self._check_attributes(path, group)
            if path.count("/") > _DEEPEST:
                raise UnsafeFileError(
                    f"its groups lie more than {_DEEPEST} deep"
                )
            for name in self._names(path, group):
                inner = f"{path}/{name}"
                kind = self._meet(inner, group, name)
                if kind == h5py.h5o.TYPE_GROUP:
                    left.append((inner, group[name]))
                elif kind == h5py.h5o.TYPE_DATASET:
                    array = h5py.h5d.open(group.id, name.encode())
                    self._check_array(inner, array)
                else:
                    raise UnsafeFileError(
                        f"{inner} is neither a group nor an array"
                    )
        self._read_lists()
        self._check_lists()

    def _names(self, path: str, group: h5py.Group) -> list[str]:
        """Gives the names in a group, all of them of ordinary links."""
        found: list[tuple[bytes, int]] = []

        # HDF5 calls this, and no exception gets through it.
        def take(name: bytes, link: Any) -> bool | None:
            found.append((name, link.type))
            # Anything but None ends the walk, which damage could make endless.
            return True if len(found) > _MOST_OBJECTS else None

        group.id.links.iterate(take, info=True)
        for name, kind in found:
            if kind != h5py.h5l.TYPE_HARD:
                message = _LINKS.get(kind, "a link of an unknown kind")
                raise UnsafeFileError(f"{path}/{name.decode()} is {message}")
        return [name.decode() for name, _ in found]

    def _meet(self, path: str, group: h5py.Group, name: str) -> int:
        """Tells what is there, which is nothing that was met before.

        A group could be inside itself, and an array be read a thousand times.
        """
        info = h5py.h5o.get_info(group.id, name.encode())
        if info.addr in self.met:
            raise UnsafeFileError(f"{path} is a second link to the same")
        self.met.add(info.addr)
        if len(self.met) > _MOST_OBJECTS:
            raise UnsafeFileError(f"it holds more than {_MOST_OBJECTS} objects")
        return info.type

    def _check_array(self, path: str, array: h5py.h5d.DatasetID) -> None:
        """Checks that an array is plain numbers, and all of it in the file.

        The order counts: to ask a virtual array for its shape opens the files
        that it is made of.
        """
        made = array.get_create_plist()
        if made.get_layout() not in _LAYOUTS:
            raise UnsafeFileError(
                f"{path} is a virtual array, made of other files"
            )
        if made.get_external_count():
            raise UnsafeFileError(f"{path} has its data in another file")
        if made.get_nfilters():
            raise UnsafeFileError(
                f"{path} is compressed, which Keras never does"
            )
        kind = array.get_type()
        if kind.get_class() not in _NUMBERS or kind.get_size() > 8:
            raise UnsafeFileError(f"{path} holds something other than numbers")
        # Of a chunked array a whole chunk is read.
        parts = [array.shape]
        if made.get_layout() == h5py.h5d.CHUNKED:
            parts.append(made.get_chunk())
        declared = max(map(math.prod, parts)) * kind.get_size()
        self.array_bytes += declared
        if declared > array.get_storage_size() or self.array_bytes > len(
            self.image
        ):
            raise UnsafeFileError(
                f"{path} is declared larger than what is stored"
            )
        self.arrays.add(path)
        self._check_attributes(path, h5py.Dataset(array))

    def _check_attributes(self, path: str, owner: Any) -> None:
        for index in range(h5py.h5a.get_num_attrs(owner.id)):
            attribute = h5py.h5a.open(owner.id, index=index)
            name = attribute.name.decode()
            message = f"the attribute {name} of {path or '/'}"
            kind, shape = attribute.get_type(), attribute.shape
            if kind.get_class() not in _OF_ATTRIBUTES:
                raise UnsafeFileError(f"{message} is neither text nor numbers")
            if len(shape) > 1:
                raise UnsafeFileError(f"{message} is a table")
            if _LIST.fullmatch(name):
                if not shape:
                    raise UnsafeFileError(f"{message} is no list")
                self.lists.append((path, name, owner))
            if _is_variable(kind):
                self.texts[attribute.name] += 1

    def _read_lists(self) -> None:
        """Reads the lists of names, once nothing else stands against it."""
        check_heaps(self.image)
        check_pointers(self.image, self.texts)
        for path, attribute, owner in self.lists:
            message = f"the attribute {attribute} of {path}"
            into = self.layers if attribute[0] == "l" else self.weights
            for name in map(_text, owner.attrs[attribute]):
                if len(name) > _LONGEST_NAME:
                    raise UnsafeFileError(
                        f"{message} holds a name that is too long"
                    )
                into.append(f"{path}/{name}")

    def _check_lists(self) -> None:
        """Checks that the lists name what is there, each thing once."""
        for names, there in (
            (self.layers, self.groups),
            (self.weights, self.arrays),
        ):
            for name in names:
                if name not in there:
                    raise UnsafeFileError(f"{name} is listed and not there")
            if len(names) > len(set(names)):
                raise UnsafeFileError(
                    "it lists the same weights more than once"
                )


def _is_variable(kind: h5py.h5t.TypeID) -> bool:
    return kind.get_class() == h5py.h5t.STRING and kind.is_variable_str()


def _text(name: Any) -> str:
    """Gives a name as text, whichever version of h5py wrote it."""
    return name.decode() if isinstance(name, bytes) else str(name)
