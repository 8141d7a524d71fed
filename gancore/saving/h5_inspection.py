"""Checks the structure of an HDF5 file before any array of it is read.

HDF5 can do far more than hold weights: link to other files, declare arrays of
any size without storing them, decompress data with plugins. Keras needs none of
it, so all of it is refused.
"""

from __future__ import annotations

import collections
import math
import re
from typing import Any

import h5py

from gancore.saving.h5_strings import check_heaps, check_pointers

# Groups and arrays; a network of a thousand layers has a few thousand.
_MAX_OBJECTS = 2**16
_MAX_DEPTH = 32
_MAX_NAME_LENGTH = 1024

_LINKS = {
    h5py.h5l.TYPE_SOFT: "a soft link",
    h5py.h5l.TYPE_EXTERNAL: "a link to another file",
}
_LAYOUTS = (h5py.h5d.COMPACT, h5py.h5d.CONTIGUOUS, h5py.h5d.CHUNKED)
_NUMBERS = (h5py.h5t.INTEGER, h5py.h5t.FLOAT)
# Booleans are an enumeration.
_ATTRIBUTE_CLASSES = (*_NUMBERS, h5py.h5t.ENUM, h5py.h5t.STRING)
# How Keras lists the layers of a network and the weights of a layer; a list
# too long for one attribute is split into numbered ones.
_LIST = re.compile(r"(layer_names|weight_names)\d*")


class UnsafeFileError(Exception):
    """The file has something that no network needs."""


def check_structure(file: h5py.File, image: bytes) -> None:
    """Checks every group, array and attribute, without reading any array.

    Args:
        file: Open file.
        image: Its bytes.

    Raises:
        UnsafeFileError: At the first thing that no network needs.
    """
    _StructureCheck(file, image).run()


class _StructureCheck:
    def __init__(self, file: h5py.File, image: bytes) -> None:
        self.file = file
        self.image = image
        self.array_bytes = 0
        # Addresses of the objects visited.
        self.visited = {h5py.h5o.get_info(file.id).addr}
        self.groups: set[str] = set()
        self.arrays: set[str] = set()
        # Path, attribute name and owner of each list of names.
        self.lists: list[tuple[str, str, Any]] = []
        # Attribute name -> number of those with variable-length strings.
        self.strings: collections.Counter[bytes] = collections.Counter()
        # Paths of what is listed.
        self.layers: list[str] = []
        self.weights: list[str] = []

    def run(self) -> None:
        if self.file.id.get_create_plist().get_sizes() != (8, 8):
            raise UnsafeFileError("its addresses are of an unusual size")
        stack = [("", h5py.Group(self.file.id))]
        while stack:
            path, group = stack.pop()
            self.groups.add(path)
            self._check_attributes(path, group)
            if path.count("/") > _MAX_DEPTH:
                raise UnsafeFileError(
                    f"its groups are nested more than {_MAX_DEPTH} deep"
                )
            for name in self._names(path, group):
                inner = f"{path}/{name}"
                kind = self._visit(inner, group, name)
                if kind == h5py.h5o.TYPE_GROUP:
                    stack.append((inner, group[name]))
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
        """Returns the names in a group, all of which must be hard links."""
        found: list[tuple[bytes, int]] = []

        # HDF5 calls this, and no exception gets through it.
        def append(name: bytes, link: Any) -> bool | None:
            found.append((name, link.type))
            # Anything but None ends the iteration, which damage could make
            # endless.
            return True if len(found) > _MAX_OBJECTS else None

        group.id.links.iterate(append, info=True)
        for name, kind in found:
            if kind != h5py.h5l.TYPE_HARD:
                link = _LINKS.get(kind, "a link of an unknown kind")
                raise UnsafeFileError(f"{path}/{name.decode()} is {link}")
        return [name.decode() for name, _ in found]

    def _visit(self, path: str, group: h5py.Group, name: str) -> int:
        """Returns the type of an object, which must not have been visited.

        A group could contain itself, and an array be read a thousand times.
        """
        info = h5py.h5o.get_info(group.id, name.encode())
        if info.addr in self.visited:
            raise UnsafeFileError(f"{path} is a second link to the same object")
        self.visited.add(info.addr)
        if len(self.visited) > _MAX_OBJECTS:
            raise UnsafeFileError(f"it holds more than {_MAX_OBJECTS} objects")
        return info.type

    def _check_array(self, path: str, array: h5py.h5d.DatasetID) -> None:
        """Checks that an array holds plain numbers, all stored in the file.

        The order matters: asking a virtual array for its shape opens its source
        files.
        """
        creation = array.get_create_plist()
        if creation.get_layout() not in _LAYOUTS:
            raise UnsafeFileError(
                f"{path} is a virtual array, made of other files"
            )
        if creation.get_external_count():
            raise UnsafeFileError(f"{path} has its data in another file")
        if creation.get_nfilters():
            raise UnsafeFileError(
                f"{path} is compressed, which Keras never does"
            )
        dtype = array.get_type()
        if dtype.get_class() not in _NUMBERS or dtype.get_size() > 8:
            raise UnsafeFileError(f"{path} holds something other than numbers")
        # A chunked array is read by whole chunks.
        shapes = [array.shape]
        if creation.get_layout() == h5py.h5d.CHUNKED:
            shapes.append(creation.get_chunk())
        declared = max(map(math.prod, shapes)) * dtype.get_size()
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
            where = f"the attribute {name} of {path or '/'}"
            dtype, shape = attribute.get_type(), attribute.shape
            if dtype.get_class() not in _ATTRIBUTE_CLASSES:
                raise UnsafeFileError(f"{where} is neither text nor numbers")
            if len(shape) > 1:
                raise UnsafeFileError(f"{where} has more than one dimension")
            if _LIST.fullmatch(name):
                if not shape:
                    raise UnsafeFileError(f"{where} is not a list")
                self.lists.append((path, name, owner))
            if _is_variable_length(dtype):
                self.strings[attribute.name] += 1

    def _read_lists(self) -> None:
        """Reads the lists of names, after all other checks have passed."""
        check_heaps(self.image)
        check_pointers(self.image, self.strings)
        for path, attribute, owner in self.lists:
            listed = self.layers if attribute[0] == "l" else self.weights
            for name in map(_decode, owner.attrs[attribute]):
                if len(name) > _MAX_NAME_LENGTH:
                    raise UnsafeFileError(
                        f"the attribute {attribute} of {path} holds a name "
                        "that is too long"
                    )
                listed.append(f"{path}/{name}")

    def _check_lists(self) -> None:
        """Checks that what is listed exists, and is listed once."""
        for names, existing in (
            (self.layers, self.groups),
            (self.weights, self.arrays),
        ):
            for name in names:
                if name not in existing:
                    raise UnsafeFileError(f"{name} is listed but missing")
            if len(names) > len(set(names)):
                raise UnsafeFileError(
                    "it lists the same weights more than once"
                )


def _is_variable_length(dtype: h5py.h5t.TypeID) -> bool:
    return dtype.get_class() == h5py.h5t.STRING and dtype.is_variable_str()


def _decode(name: Any) -> str:
    """Returns a name as text, whichever version of h5py wrote it."""
    return name.decode() if isinstance(name, bytes) else str(name)
