"""A client of jsii's kernel that asks less and waits less than jsii's own.

It writes requests without waiting for their answers (`stacks.kernel_process`), and answers some itself: an attribute of
a resource whose address is fixed is an expression, such as `${aws_vpc.main.id}`.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import jsii
from jsii import _reference_map
from jsii._kernel import _get_overides, _make_reference_for_native
from jsii._kernel.providers.process import ProcessProvider
from jsii._kernel.types import ObjRef
from jsii._runtime import kernel

from stacks.kernel_process import KernelProcess

__all__ = ["fix_address", "install"]

_WITHOUT_RESULT = frozenset({"addOverride", "overrideLogicalId"})
_ADDRESS = "_terraform_address"
_ONE_WAY = re.compile(r"[a-z]+([A-Z][a-z]+)*")


class _Provider(ProcessProvider):
    """The requests of jsii's own client, sent to another process."""

    def __init__(self, process: KernelProcess) -> None:
        self._own_process = process

    @property
    def _process(self) -> KernelProcess:
        return self._own_process


class _Client:
    """What replaces functions of `jsii`: `create`, `get`, `invoke` and `load`."""

    def __init__(self, process: KernelProcess) -> None:
        self._process = process
        self._create: Callable[..., ObjRef] = kernel.create
        self._get: Callable[..., Any] = kernel.get
        self._invoke: Callable[..., Any] = kernel.invoke

    def load(self, name: str, version: str, tarball: str) -> None:
        self._process.post({"api": "load", "name": name, "version": version, "tarball": tarball})

    def create(self, klass: Any, obj: Any, args: Sequence[Any] | None = None) -> ObjRef:
        name: str | None = getattr(klass, "__jsii_type__", None)
        own: Any = type(obj)
        if name is None or _has_overrides(klass, own):
            return self._create(klass, obj, args)
        native, interfaces = _native(args or []), _interfaces(klass)
        request = {"api": "create", "fqn": name, "args": native, "overrides": [], "interfaces": interfaces}
        obj.__jsii_ref__ = reference = self._process.create(name, request)
        _reference_map.register_reference(obj)
        return reference

    def get(self, obj: Any, property: str) -> Any:
        address: str | None = vars(obj).get(_ADDRESS)
        own: Any = type(obj)
        attribute = _attribute(own, property) if address else None
        return f"${{{address}.{attribute}}}" if attribute else self._get(obj, property)

    def invoke(self, obj: Any, method: str, args: Sequence[Any] | None = None) -> Any:
        if method not in _WITHOUT_RESULT:
            return self._invoke(obj, method, args)
        native = _native(args or [])
        self._process.post({"api": "invoke", "objref": obj, "method": method, "args": native})
        return None


def install(process: KernelProcess) -> None:
    """Let the bindings use the kernel in this process; before any of them is imported."""
    kernel.provider = _Provider(process)
    client = _Client(process)
    for name in ("create", "get", "invoke", "load"):
        setattr(kernel, name, getattr(client, name))
        setattr(jsii, name, getattr(client, name))


def fix_address(element: Any, address: str) -> None:
    """Answer for the attributes of a resource or data source with expressions that begin with this address."""
    vars(element)[_ADDRESS] = address


@cache
def _has_overrides(klass: Any, own: Any) -> bool:
    """Whether JavaScript calls methods of the class `own`, whose binding is `klass`, in Python."""
    return bool(_get_overides(klass, own.__new__(own)))


@cache
def _interfaces(klass: Any) -> list[str]:
    """The names of the interfaces that a class implements."""
    return [each.__jsii_type__ for each in getattr(klass, "__jsii_ifaces__", [])]


@cache
def _attribute(kind: Any, property: str) -> str | None:
    """Terraform's name of the text attribute that a property of the bindings is; None for any other property.

    None, too, for a name that Terraform may write in more than one way: `contentBase64Sha256` is
    `content_base64sha256`.
    """
    if not _ONE_WAY.fullmatch(property):
        return None
    name = re.sub(r"([A-Z])", r"_\1", property).lower()
    bound = next((base for base in kind.__mro__ if getattr(base, "__jsii_declared_type__", None)), None)
    getter = getattr(vars(bound).get(name), "fget", None) if bound else None
    if getter is None or getter.__jsii_name__ != property:
        return None
    return name if getter.__annotations__.get("return") is builtins.str else None


def _native(value: Any) -> Any:
    """A value as jsii writes it. Absent properties of structs are left out, which is the same as null."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, list):
        return [_native(each) for each in value]
    if isinstance(value, dict):
        return {"$jsii.map": {key: _native(each) for key, each in value.items()}}
    names = getattr(value, "__jsii_name_mapping__", None)
    if names is None or not hasattr(value, "_values"):
        return _make_reference_for_native(kernel, value)
    data = {names[name]: _native(each) for name, each in value._values.items()}
    return {"$jsii.struct": {"fqn": value.__jsii_type__, "data": data}}
