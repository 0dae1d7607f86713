"""Runs the `run:` blocks of a workflow as GitHub's runner does: in order, with its files, outputs and conditions.

Actions are replaced: the checkout is the folder, tools are installed already, and credentials are those of the role in
the emulated account.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")
_NAME = re.compile(r"(?<![\w'.-])(?:github|needs|steps|matrix|vars)(?:\.[\w-]+)+")
Job = Mapping[str, Any]


@dataclass
class Result:
    """A job that ran: its outputs, and what its steps printed."""

    outputs: dict[str, str] = field(default_factory=dict)
    printed: str = ""
    summary: str = ""
    failed: bool = False


@dataclass
class Runner:
    """GitHub's runner.

    Attributes:
        jobs: The jobs of the workflow.
        folder: The checkout.
        temporary: A folder for the runner's own files.
        env_vars: The environment variables of the machine.
        assume: The variables with the credentials of a role, by its ARN.
        variables: The variables of the repository.
    """

    jobs: Mapping[str, Job]
    folder: Path
    temporary: Path
    env_vars: Mapping[str, str]
    assume: Callable[[str], Mapping[str, str]]
    variables: Mapping[str, str]

    def run(self, event: Mapping[str, Any]) -> dict[str, Result]:
        """Run the jobs of an event, which is the context `github`; a job whose needs failed is skipped."""
        results: dict[str, Result] = {}
        for key, job in self.jobs.items():
            needs = job.get("needs", [])
            context = {"github": event, "vars": self.variables}
            context["needs"] = {each: {"outputs": results[each].outputs} for each in needs if each in results}
            always = "cancelled()" in job["if"]
            if not always and any(each not in results or results[each].failed for each in needs):
                continue
            if holds(job["if"], context):
                results[key] = self._job(job, context)
        return results

    def _job(self, job: Job, context: dict[str, Any]) -> Result:
        matrix = job.get("strategy", {}).get("matrix", {})
        result, steps = Result(), dict[str, dict[str, dict[str, str]]]()
        for value in next(iter(matrix.values()), [None]):
            context = {**context, "matrix": dict.fromkeys(matrix, value), "steps": steps}
            credentials: Mapping[str, str] = {}
            for step in job["steps"]:
                arn = step.get("with", {}).get("role-to-assume")
                if arn:
                    credentials = self.assume(filled(arn, context))
                elif "run" in step and (not result.failed or "if" in step):
                    self._step(step, context, credentials, result)
        for name, text in job.get("outputs", {}).items():
            if not result.failed:
                result.outputs[name] = filled(text, context)
        return result

    def _step(self, step: Job, context: dict[str, Any], credentials: Mapping[str, str], result: Result) -> None:
        files = {name: self.temporary / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for file in files.values():
            file.write_text("")
        given = {key: filled(text, context) for key, text in step.get("env", {}).items()}
        own = {**self.env_vars, **credentials, **given, "RUNNER_TEMP": str(self.temporary)}
        own |= {name: str(file) for name, file in files.items()} | {"GITHUB_REPOSITORY": "acme/shop"}
        # https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#defaultsrunshell
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        done = subprocess.run(command, cwd=self.folder, env=own, capture_output=True, text=True, timeout=600)
        result.printed += done.stdout + done.stderr
        result.summary += files["GITHUB_STEP_SUMMARY"].read_text()
        result.failed |= done.returncode != 0
        if "id" in step:
            context["steps"][step["id"]] = {"outputs": dict(outputs(files["GITHUB_OUTPUT"].read_text()))}


def outputs(text: str) -> Iterator[tuple[str, str]]:
    """The outputs in a file: `name=value`, or `name<<end`, lines, `end`."""
    lines = iter(text.splitlines())
    for line in lines:
        name, separator, end = line.partition("<<")
        if separator and "=" not in name:
            value = []
            while (each := next(lines)) != end:
                value.append(each)
            yield name, "\n".join(value)
        else:
            name, _, one = line.partition("=")
            yield name, one


def filled(text: str, context: Mapping[str, Any]) -> str:
    """A text with the values of its expressions; an unknown name becomes empty text, as on GitHub."""
    return _EXPRESSION.sub(lambda match: str(value_of(match[1], context) or ""), text)


def holds(condition: str, context: Mapping[str, Any]) -> bool:
    """Whether a condition holds: comparisons of names and texts with `&&`, `||`, `!` and parentheses."""
    text = _EXPRESSION.sub(r"\1", condition).replace("!cancelled()", "True")
    text = _NAME.sub(lambda match: repr(value_of(match[0], context)), text)
    text = text.replace("&&", " and ").replace("||", " or ")
    return bool(eval(re.sub(r"!(?!=)", " not ", text)))  # noqa: S307  # the text is our own workflow


def value_of(name: str, context: Mapping[str, Any]) -> Any:
    """The value of a name such as `github.event.before`; None if there is none."""
    value: Any = context
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
