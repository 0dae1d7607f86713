"""A shell script in place of Terraform: it answers with the files that a test writes, and records its calls."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from operations.terraform.binary import Binary
from operations.terraform.runner import Terraform

_SCRIPT = r"""#!/bin/sh
here='{folder}'
echo "$*" >> "$here/calls"
env > "$here/environment"
answer() { test ! -f "$here/$1" || cat "$here/$1"; }
name="$1"
case "$*" in *-destroy*) test ! -f "$here/destroy.code" || name=destroy ;; esac
case "$1" in
  version) echo '{"terraform_version": "1.11.4"}' ;;
  init)
    mkdir -p .terraform/providers/registry.terraform.io/hashicorp/aws/5.100.0/linux_amd64
    echo 'provider {}' > .terraform.lock.hcl
    local_path=$(echo "$*" | sed -n 's/.*-backend-config=path=\([^ ]*\).*/\1/p')
    if test -n "$local_path"; then
      echo '{"backend": {"type": "local", "config": {"path": "'"$local_path"'"}}}' > .terraform/terraform.tfstate
    else
      answer backend > .terraform/terraform.tfstate
    fi
    answer init ;;
  plan)
    for argument; do case "$argument" in -out=*) echo plan > "${argument#-out=}" ;; esac; done
    answer "$name" ;;
  state)
    if test "$2" = push; then name=push; cp "$3" "$here/pushed"
    elif test -f main.tf.json; then
      answer "state-in-$(sed -n 's/.*"bucket": "\([^"]*\)".*/\1/p' main.tf.json)"
    else answer state; fi ;;
  show) if test -f "$here/show"; then answer show; else answer planned; fi ;;
  *) answer "$1" ;;
esac
if test -f "$here/$name.interrupts"; then trap : INT; kill -INT $PPID; sleep 0.3; fi
test ! -f "$here/$name.stderr" || cat "$here/$name.stderr" >&2
test ! -f "$here/$name.code" || exit "$(cat "$here/$name.code")"
"""


@dataclass(frozen=True)
class ScriptedTerraform:
    """Terraform 1.11.4 that plans no changes, applies successfully and has no outputs, until a test says otherwise.

    Attributes:
        folder: The script and its answers.
    """

    folder: Path

    @classmethod
    def write(cls, folder: Path) -> ScriptedTerraform:
        """Write the script into a new folder."""
        folder.mkdir()
        made = cls(folder)
        script = folder / "terraform"
        script.write_text(_SCRIPT.replace("{folder}", str(folder)), "utf-8")
        script.chmod(0o755)
        made.outputs({})
        made.plans({})
        return made

    @property
    def path(self) -> str:
        """The executable."""
        return str(self.folder / "terraform")

    @property
    def calls(self) -> list[str]:
        """The commands that were run, such as `plan` and `state pull`, without `version`."""
        file = self.folder / "calls"
        lines = [line.split() for line in (file.read_text("utf-8").splitlines() if file.exists() else [])]
        return [" ".join(line[:2]) if line[0] == "state" else line[0] for line in lines if line[0] != "version"]

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the last call; variables of several lines are truncated."""
        lines = (self.folder / "environment").read_text("utf-8").splitlines()
        return dict(line.partition("=")[::2] for line in lines)

    @property
    def pushed(self) -> Any:
        """The state that was pushed last; None before."""
        file = self.folder / "pushed"
        return json.loads(file.read_text("utf-8")) if file.exists() else None

    def runs_in(self, folder: Path, settings: Mapping[str, Any]) -> Terraform:
        """Terraform in a stack's folder with this `terraform` block."""
        binary = Binary((self.path,), "Terraform", (1, 11, 4), "terraform")
        return Terraform(binary, folder, {**os.environ, "TF_PLUGIN_CACHE_DIR": str(self.folder)}, settings=settings)

    def plans(self, changes: Mapping[str, str], *, destroy: bool = False) -> None:
        """Plans make these changes, action by address; with `destroy`, plans to destroy do."""
        events = [planned(*each) for each in changes.items()]
        self.answers("destroy" if destroy else "plan", events, exit_code=2 if changes else 0)
        resources = [shown(address, action, before=None, after=None) for address, action in changes.items()]
        self.answers("planned", [{"planned_values": {}, "resource_changes": resources}])

    def shows(self, changes: Iterable[Mapping[str, Any]]) -> None:
        """Plan files contain these resource changes, and not those of `plans`."""
        self.answers("show", [{"planned_values": {}, "resource_changes": list(changes)}])

    def outputs(self, values: Mapping[str, Any]) -> None:
        """The stack has these outputs, also after an apply."""
        outputs = {name: {"value": value, "sensitive": False} for name, value in values.items()}
        self.answers("output", [outputs])
        self.answers("apply", [_event("outputs", outputs=outputs)])

    def initializes(self, kind: str, **config: Any) -> None:
        """`init` configures this backend, unless it is local."""
        self.answers("backend", [{"backend": {"type": kind, "config": config}}])

    def holds(self, bucket: str, state: Mapping[str, Any]) -> None:
        """The state in a bucket, as it is read from another folder than the stack's."""
        self.answers(f"state-in-{bucket}", [state])

    def answers(self, name: str, messages: Iterable[Any], *, exit_code: int = 0, stderr: str = "") -> None:
        """Print these messages as JSON lines and exit with this code when `name` is run; `push` is `state push`."""
        (self.folder / name).write_text("".join(f"{json.dumps(each)}\n" for each in messages), "utf-8")
        (self.folder / f"{name}.code").write_text(str(exit_code), "utf-8")
        (self.folder / f"{name}.stderr").write_text(stderr, "utf-8")

    def fails(self, name: str, summary: str) -> None:
        """Report an error when `name` is run."""
        diagnostic = {"severity": "error", "summary": summary, "detail": ""}
        self.answers(name, [_event("diagnostic", diagnostic=diagnostic)], exit_code=1, stderr=f"Error: {summary}")

    def is_interrupted_in(self, name: str, messages: Iterable[Any] = (), *, exit_code: int = 1) -> None:
        """Ctrl-C is pressed while `name` runs, which has printed these messages and ends with this code."""
        self.answers(name, messages, exit_code=exit_code)
        (self.folder / f"{name}.interrupts").touch()


def shown(address: str, *actions: str, **change: Any) -> dict[str, Any]:
    """A resource change as `terraform show -json` prints it."""
    kind = address.partition(".")[0]
    return {"address": address, "type": kind, "mode": "managed", "change": {"actions": actions, **change}}


def planned(address: str, action: str) -> dict[str, Any]:
    """A resource that the plan changes, as the stream shows it."""
    return _event("planned_change", change=_change(address, action))


def step(address: str, action: str, state: str) -> dict[str, Any]:
    """A change that has started or ended, as the stream shows it: `start`, `complete` or `errored`."""
    return _event(f"apply_{state}", hook=_change(address, action))


def _event(kind: str, **content: Any) -> dict[str, Any]:
    return {"type": kind, "@message": kind, **content}


def _change(address: str, action: str) -> dict[str, Any]:
    kind, _, name = address.partition(".")
    return {"resource": {"addr": address, "resource_type": kind, "resource_name": name}, "action": action}
