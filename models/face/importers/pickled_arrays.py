"""Arrays out of somebody's Python pickle, without running anything it says.

Pickles can carry programs. Here nothing but stand-ins is ever made from one: each of the few names that pickled arrays
need (NumPy's, SciPy's sparse matrices, chumpy's) is answered by a class or function of this file that merely keeps what
it is given, and every other name is refused. Arrays are then read from the bytes that were kept.
"""

import pickle
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.face.importers.source_rig import RigImportError


def load_arrays(path: Path, names: Iterable[str]) -> dict[str, NDArray[Any]]:
    """The wanted entries of a pickled dictionary of arrays.

    Args:
        path: the pickle, of any protocol, from Python 2 or 3.
        names: entries wanted; those that are not there are left out.

    Raises:
        RigImportError: damaged, no dictionary, or one that asks for more than arrays.
    """
    try:
        with path.open("rb") as file:
            entries = _ArraysOnly(file, encoding="latin1").load()
    except RigImportError:
        raise
    except Exception as error:  # a damaged pickle raises whatever its bytes happen to mean
        raise RigImportError(f"{path} is no pickle of arrays ({type(error).__name__}: {error})") from error
    if not isinstance(entries, dict):
        raise RigImportError(f"{path} holds no dictionary of arrays")
    found = {}
    for name in names:
        if name in entries:
            try:
                found[name] = _array(entries[name])
            except (KeyError, TypeError, ValueError) as error:
                raise RigImportError(f"{path}: {name} is no array this reader understands ({error})") from error
    return found


class _Kept:
    """Stands for an object of another library: keeps what its pickle would have set, and does nothing."""

    def __init__(self, *made_with: Any) -> None:
        self.made_with = made_with
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def __setitem__(self, key: Any, value: Any) -> None:
        """What a pickled mapping would have kept."""


class _Array(_Kept):
    """`numpy.ndarray`; its state is `(version, shape, dtype, is_fortran, bytes)`."""


class _ArrayOfBuffer(_Kept):
    """`numpy.core.numeric._frombuffer(buffer, dtype, shape, order)`, protocol 5's way."""


class _Scalar(_Kept):
    """`numpy.core.multiarray.scalar(dtype, bytes)`."""


class _Dtype(_Kept):
    """`numpy.dtype(code, …)`; the second entry of its state is the byte order."""

    @property
    def dtype(self) -> np.dtype[Any]:
        kind = np.dtype(str(self.made_with[0]))
        if kind.kind not in "biuf":
            raise ValueError(f"it holds {kind} instead of numbers")
        return kind.newbyteorder(self.state[1]) if self.state else kind


class _Chumpy(_Kept):
    """`chumpy.ch.Ch`; its numbers are its state's `x`."""


class _Selected(_Kept):
    """`chumpy.reordering.Select`: entries `idxs` of the flattened `a`, in `preferred_shape`."""


class _Sparse(_Kept):
    """A SciPy matrix in compressed sparse columns."""


def _array(value: Any) -> NDArray[Any]:
    if isinstance(value, _Array):
        _, shape, dtype, fortran, data = value.state
        return _numbers(data, dtype).reshape(shape, order="F" if fortran else "C")
    if isinstance(value, _ArrayOfBuffer):
        data, dtype, shape, order = value.made_with
        return _numbers(data, dtype).reshape(shape, order=order)
    if isinstance(value, _Scalar):
        dtype, data = value.made_with
        return _numbers(data, dtype).reshape(())
    if isinstance(value, _Chumpy):
        return _array(value.state["x"])
    if isinstance(value, _Selected):
        part = _array(value.state["a"]).ravel()[_array(value.state["idxs"]).astype(np.int64)]
        shape = value.state.get("preferred_shape")
        return part if shape is None else part.reshape(shape)
    if isinstance(value, _Sparse):
        return _dense(value.state)
    if isinstance(value, _Kept):
        raise ValueError("it is of another kind")
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"it holds {array.dtype} instead of numbers")
    return array


def _numbers(data: Any, dtype: Any) -> NDArray[Any]:
    if not isinstance(dtype, _Dtype):
        raise ValueError("it does not say of what type its numbers are")
    raw = data.encode("latin1") if isinstance(data, str) else bytes(data)
    return np.frombuffer(raw, dtype.dtype)


def _dense(state: Mapping[str, Any]) -> NDArray[np.float64]:
    rows, columns = (int(_array(size)) for size in state["_shape"])
    starts, index, data = (_array(state[name]) for name in ("indptr", "indices", "data"))
    whole = np.zeros((rows, columns))
    whole[index, np.repeat(np.arange(columns), np.diff(starts))] = data
    return whole


def _reconstruct(kind: Any, shape: Any, code: Any) -> _Array:
    """`numpy.core.multiarray._reconstruct`."""
    return _Array()


def _reconstructed(kind: type, base: type, state: Any) -> Any:
    """`copyreg._reconstructor`, for stand-ins alone."""
    if not issubclass(kind, _Kept) or state is not None:
        raise RigImportError("the pickle rebuilds objects that arrays have no need of; nothing was run")
    return kind()


def _latin1(text: str, encoding: str) -> bytes:
    """`_codecs.encode`: how Python 2's byte strings are written for Python 3."""
    if encoding not in ("latin1", "latin-1"):
        raise RigImportError(f"the pickle asks for the encoding {encoding}, which arrays have no need of")
    return text.encode("latin1")


_MULTIARRAY: Final = ("numpy.core.multiarray", "numpy._core.multiarray")
_KNOWN: Final[dict[tuple[str, str], Callable[..., Any]]] = {
    **{(module, "_reconstruct"): _reconstruct for module in _MULTIARRAY},
    **{(module, "scalar"): _Scalar for module in _MULTIARRAY},
    **{(module, "_frombuffer"): _ArrayOfBuffer for module in ("numpy.core.numeric", "numpy._core.numeric")},
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Dtype,
    ("_codecs", "encode"): _latin1,
    **{(module, "_reconstructor"): _reconstructed for module in ("copy_reg", "copyreg")},
    **{(module, name): _Kept for module in ("__builtin__", "builtins") for name in ("object", "set")},
    ("collections", "OrderedDict"): _Kept,
    ("weakref", "WeakKeyDictionary"): _Kept,
    ("chumpy.ch", "Ch"): _Chumpy,
    ("chumpy.reordering", "Select"): _Selected,
    **{(f"scipy.sparse.{module}", "csc_matrix"): _Sparse for module in ("csc", "_csc")},
}
"""All that a pickle may name."""


class _ArraysOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return _KNOWN[module, name]
        except KeyError:
            raise RigImportError(
                f"the pickle names {module}.{name}, which arrays have no need of; nothing was run. "
                "If you trust the file, save its arrays as .npz with a program of your own, and import that"
            ) from None
