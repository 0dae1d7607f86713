"""The client of jsii's kernel writes ahead, checks every answer, and asks for nothing that it knows."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import typing
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from jsii.errors import JSIIError

from stacks import bindings, jsii_cache, kernel, kernel_process
from stacks.app import synthesize
from stacks.bindings import App, TerraformStack, aws, local
from stacks.constructs.base import Construct
from stacks.kernel_process import FIRST_ID, MAX_PENDING, KernelProcess
from stacks.node import Started
from stacks.project import Selection, load
from stacks.resources import CATALOGUE
from stacks.type_checks import skip_type_checks


class Answering:
    """A kernel that answers with prepared lines, whatever it is asked."""

    def __init__(self) -> None:
        ours, self._theirs = socket.socketpair()
        process = subprocess.Popen([sys.executable, "-c", ""])
        self.kernel = KernelProcess(Started(process, ours))
        self.answer({"hello": "@jsii/runtime@1.0.0"})

    def answer(self, *answers: dict[str, Any]) -> None:
        for each in answers:
            self._theirs.sendall(json.dumps(each).encode() + b"\n")

    def created(self, *ids: int) -> None:
        self.answer(*({"ok": {"$jsii.byref": f"cdktf.App@{id}"}} for id in ids))

    def requests(self) -> list[Any]:
        """What it was asked so far."""
        self._theirs.setblocking(False)
        return [json.loads(line) for line in self._theirs.recv(1 << 20).splitlines()]

    def exit(self) -> None:
        self._theirs.close()


@pytest.fixture
def answering() -> Iterator[Answering]:
    prepared = Answering()
    yield prepared
    prepared.exit()
    prepared.kernel.stop()


CREATE = {"api": "create", "fqn": "cdktf.App"}
FAULT = {"error": "no such type", "name": "@jsii/kernel.Fault", "stack": "at here"}


class TestAProcess:
    def test_numbers_the_objects_before_they_exist(self, answering: Answering) -> None:
        references = [answering.kernel.create("cdktf.App", CREATE).ref for _ in range(3)]

        assert references == [f"cdktf.App@{FIRST_ID + number}" for number in range(3)]

    def test_continues_after_the_numbers_of_objects_that_the_kernel_created_by_itself(
        self, answering: Answering
    ) -> None:
        answering.created(FIRST_ID)
        answering.answer({"ok": {"value": {"$jsii.byref": f"constructs.Node@{FIRST_ID + 1}"}}})

        answering.kernel.create("cdktf.App", CREATE)
        answering.kernel.post({"api": "get"})
        answering.kernel.complete_requests()

        assert answering.kernel.create("cdktf.App", CREATE).ref == f"cdktf.App@{FIRST_ID + 2}"

    def test_refuses_an_object_with_another_number(self, answering: Answering) -> None:
        answering.created(FIRST_ID + 7)
        answering.kernel.create("cdktf.App", CREATE)

        with pytest.raises(JSIIError, match=f"Expected .*@{FIRST_ID}.* received .*@{FIRST_ID + 7}"):
            answering.kernel.complete_requests()

    def test_reads_answers_before_too_many_are_pending(self, answering: Answering) -> None:
        answering.created(*range(FIRST_ID, FIRST_ID + MAX_PENDING))

        for _ in range(MAX_PENDING):
            answering.kernel.create("cdktf.App", CREATE)

        assert len(answering.kernel._pending) < MAX_PENDING
        assert len(answering.requests()) >= MAX_PENDING - 1

    def test_raises_the_first_error_and_reads_those_that_follow_from_it(self, answering: Answering) -> None:
        answering.created(FIRST_ID)
        answering.answer(FAULT, {**FAULT, "error": "it follows"})
        for _ in range(3):
            answering.kernel.create("cdktf.App", CREATE)

        with pytest.raises(JSIIError, match="no such type"):
            answering.kernel.complete_requests()

        answering.created(FIRST_ID + 1)
        assert answering.kernel.create("cdktf.App", CREATE).ref == f"cdktf.App@{FIRST_ID + 1}"
        answering.kernel.complete_requests()

    def test_raises_an_error_of_javascript_as_jsii_does(self, answering: Answering) -> None:
        answering.answer({"error": "ENOSPC: no space left", "name": "@jsii/kernel.RuntimeError"})
        answering.kernel.post({"api": "invoke"})

        with pytest.raises(RuntimeError, match="ENOSPC"):
            answering.kernel.complete_requests()

    @pytest.mark.parametrize("rest", [b"", b'{"ok":'])
    def test_that_exits_is_an_error(self, answering: Answering, rest: bytes) -> None:
        answering._theirs.sendall(rest)
        answering.kernel.post({"api": "invoke"})
        answering.exit()

        with pytest.raises(EOFError):
            answering.kernel.complete_requests()

    def test_that_does_not_exit_is_killed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(kernel_process, "EXIT_SECONDS", 0.1)
        ours, theirs = socket.socketpair()
        process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])

        KernelProcess(Started(process, ours)).stop()

        assert process.returncode is not None
        theirs.close()

    def test_is_loading_until_it_has_answered_all_loads(self, answering: Answering) -> None:
        answering.kernel.post({"api": "load", "name": "cdktf"})
        assert answering.kernel.is_loading
        answering.answer({"ok": {"assembly": "cdktf", "types": 1}})

        answering.kernel.complete_requests()

        assert not answering.kernel.is_loading

    def test_that_cannot_load_a_package_is_still_loading(self, answering: Answering) -> None:
        answering.answer(FAULT)
        answering.kernel.post({"api": "load", "name": "cdktf"})

        with pytest.raises(JSIIError):
            answering.kernel.complete_requests()

        assert answering.kernel.is_loading


@pytest.fixture
def construct(tmp_path: Path) -> Construct:
    return Construct(TerraformStack(App(outdir=str(tmp_path)), "stack"), "part")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The requests whose answers were waited for."""
    names: list[str] = []
    assert bindings.KERNEL is not None
    send = bindings.KERNEL.send

    def record(request: Any, response_type: Any) -> Any:
        names.append(type(request).__name__)
        return send(request, response_type)

    monkeypatch.setattr(bindings.KERNEL, "send", record)
    return names


class TestAResource:
    def test_has_expressions_that_need_no_answer(self, construct: Construct, asked: list[str]) -> None:
        vpc = construct.make(aws.vpc.Vpc, "main", cidr_block="10.0.0.0/16")
        zones = construct.make(aws.data_aws_availability_zones.DataAwsAvailabilityZones, "all")

        assert (vpc.id, vpc.cidr_block) == ("${aws_vpc.main.id}", "${aws_vpc.main.cidr_block}")
        assert zones.state == "${data.aws_availability_zones.all.state}"
        assert asked == []

    def test_has_numbers_and_lists_and_its_path_from_the_kernel(self, construct: Construct, asked: list[str]) -> None:
        vpc = construct.make(aws.vpc.Vpc, "main", cidr_block="10.0.0.0/16")

        assert isinstance(vpc.ipv4_netmask_length, int | float)
        assert vpc.node.path == "stack/part/Vpc.main"
        assert vpc.cidr_block_input == "10.0.0.0/16"
        assert len(asked) == 4

    def test_whose_expression_would_be_another_name_is_asked(self) -> None:
        """`get` of a property that Terraform does not have under this name."""
        assert kernel._attribute(aws.vpc.Vpc, "cidrBlock") == "cidr_block"
        assert kernel._attribute(aws.vpc.Vpc, "cidrBlockInput") is None
        assert kernel._attribute(aws.vpc.Vpc, "friendlyUniqueId") is None
        assert kernel._attribute(aws.vpc.Vpc, "noSuchProperty") is None

    @pytest.mark.parametrize("address", sorted(CATALOGUE))
    def test_has_the_attributes_of_its_javascript(self, address: str) -> None:
        kind = class_of(address)
        module = kind.__module__.rpartition(".")[2].replace("_", "-")
        (file,) = (file for folder in javascript() if (file := folder / "lib" / module / "index.js").is_file())
        text = file.read_text(encoding="utf-8")
        written = dict(re.findall(r"get (\w+)\(\) \{\s+return this\.getStringAttribute\('(\w+)'\);", text))

        known = {
            name: attribute
            for member in vars(kind).values()
            if (name := _jsii_name(member)) and (attribute := kernel._attribute(kind, name))
        }

        assert known
        assert known.items() <= written.items()

    @pytest.mark.parametrize(
        ("kind", "required"),
        [
            (aws.lb.Lb, {}),
            (aws.ecs_task_definition.EcsTaskDefinition, {"family": "a", "container_definitions": "[]"}),
            (aws.data_aws_route53_zone.DataAwsRoute53Zone, {}),
            (local.file.File, {"filename": "a"}),
        ],
    )
    def test_has_the_expressions_that_the_kernel_writes(
        self, kind: Any, required: dict[str, str], tmp_path: Path
    ) -> None:
        """Each text attribute, by both ways, in the Terraform of one stack."""
        app = App(outdir=str(tmp_path), skip_validation=True)
        stack = TerraformStack(app, "stack")
        construct = Construct(stack, "part")
        names = [
            name
            for name, member in vars(kind).items()
            if isinstance(member, property) and kernel._attribute(kind, _jsii_name(member)) == name
        ]
        required = (
            {"family": "a", "container_definitions": "[]"} if kind is aws.ecs_task_definition.EcsTaskDefinition else {}
        )
        required |= {"filename": "a"} if kind is local.file.File else {}
        known = construct.make(kind, "same", **required)
        expressions = {name: getattr(known, name) for name in names}
        del vars(known)[kernel._ADDRESS]
        asked = {name: getattr(known, name) for name in names}
        for prefix, values in (("known", expressions), ("asked", asked)):
            bindings.TerraformOutput(stack, prefix, value=values)
        app.synth()

        outputs = json.loads((tmp_path / "stacks/stack/cdk.tf.json").read_text())["output"]

        assert len(names) >= 4
        assert outputs["known"] == outputs["asked"]


def _jsii_name(member: object) -> str:
    return str(getattr(getattr(member, "fget", None), "__jsii_name__", ""))


def class_of(address: str) -> Any:
    """The class of a type in the catalogue."""
    data, name = address.startswith("data."), address.removeprefix("data.")
    provider, _, rest = name.partition("_")
    module = getattr({"aws": aws, "local": local}[provider], f"data_{name}" if data else rest)
    (kind,) = (
        each
        for each in vars(module).values()
        if isinstance(each, type) and each.__module__ == module.__name__ and hasattr(each, "TF_RESOURCE_TYPE")
    )
    return kind


@cache
def javascript() -> tuple[Path, ...]:
    """The folders of the unpacked provider bindings of the installed versions."""
    found: list[Path] = []
    for name in ("aws", "local"):
        package = jsii_cache._cache_root() / f"@cdktf/provider-{name}" / version(f"cdktf-cdktf-provider-{name}")
        found += [file.parent for file in package.glob("*/.jsii-runtime-package-cache")]
    return tuple(found)


def test_stacks_that_fail_leave_nothing_behind_for_the_next(specs: Path, tmp_path: Path) -> None:
    loaded = load(Selection(file=specs / "article.yaml", env="prod"))
    assert bindings.KERNEL is not None
    with pytest.raises(ZeroDivisionError), bindings.kernel_errors("building the stacks"):
        scope = TerraformStack(App(outdir=str(tmp_path / "failed")), "stack")
        aws.vpc.Vpc(scope, "twice")
        aws.vpc.Vpc(scope, "twice")
        raise ZeroDivisionError

    synthesize(loaded, tmp_path / "out")

    assert (tmp_path / "out/stacks/node-app-prod/cdk.tf.json").is_file()


class TestTypeChecks:
    def checked(self) -> ModuleType:
        module = ModuleType("bindings_of_test")
        vars(module).update(typing=typing, check_type=self.refuse)
        return module

    def refuse(self, **arguments: Any) -> None:
        raise TypeError

    def test_are_skipped_in_a_module_of_the_bindings(self) -> None:
        module = self.checked()

        skip_type_checks(module)

        module.check_type(argname="a", value=1, expected_type=module.typing.get_type_hints(print)["a"])
        assert module.typing.Optional is typing.Optional
        assert typing.get_type_hints is not module.typing.get_type_hints

    def test_are_skipped_in_the_private_module_behind_a_public_one(self) -> None:
        public, private = ModuleType("public"), self.checked()
        vars(public)["_private"] = private

        skip_type_checks(public)

        private.check_type(argname="a", value=1, expected_type=None)

    def test_of_a_module_without_any_change_nothing(self) -> None:
        module = ModuleType("other")
        before = dict(vars(module))

        skip_type_checks(module)

        assert vars(module) == before

    def test_are_the_kernels_where_they_are_skipped(self, construct: Construct) -> None:
        construct.make(aws.vpc.Vpc, "main", enable_dns_support="neither")

        assert bindings.KERNEL is not None
        with pytest.raises(RuntimeError, match="enableDnsSupport"):
            bindings.KERNEL.complete_requests()


def test_typeguard_is_imported_where_something_uses_it() -> None:
    code = """
import sys
import stacks.bindings
assert "unittest.mock" not in sys.modules
import typeguard
assert typeguard.check_type.__module__ == "typeguard"
assert sys.modules["typeguard"].__file__
"""
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=True, timeout=120)
