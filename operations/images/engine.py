"""docker, podman and buildah: builds, tags, pushes and logins.

All three take the same options. What differs:

- podman and buildah write Docker's image format, because the OCI format loses SHELL, HEALTHCHECK and ONBUILD; they get
  the ignore file that Docker would read; buildah only caches with `--layers`.
- buildx would add attestations, which turn the image into an index: an environment variable prevents that.

Passwords are passed on stdin, never as arguments. Build arguments are arguments: they are not for secrets.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from operations.images import failures
from operations.images.login import Login, private_configuration
from operations.images.process import Ended, ask, stream
from operations.reporter import Reporter
from operations.terraform.process import ended_by
from stacks.errors import ImageError, Position, Problem, UsageError

EngineName = Literal["docker", "podman", "buildah"]
ENGINES: tuple[EngineName, ...] = ("docker", "podman", "buildah")
"""The engines, in the order in which they are tried."""
PROBE_SECONDS = 20.0
"""The seconds that an engine has to answer; a virtual machine may have to wake up."""
ALTERNATIVES = (
    "install Docker or Podman, build in a CI pipeline, or pass an image that exists with `--image SERVICE=IMAGE`"
)

# What prints something only when the engine can build: `docker --version` also works without a daemon.
_PROBES: Mapping[EngineName, tuple[str, ...]] = {
    "docker": ("version", "--format", "{{.Server.Version}}"),
    "podman": ("info", "--format", "{{.Version.Version}}"),
    "buildah": ("version",),
}
_BUILD: Mapping[EngineName, tuple[str, ...]] = {
    "docker": ("build",),
    "podman": ("build", "--format", "docker"),
    "buildah": ("bud", "--format", "docker", "--layers"),
}
_MISSING = "is not installed"
_PLATFORM: Mapping[EngineName, tuple[str, ...]] = {
    "docker": ("image", "inspect", "--format", "{{.Os}}/{{.Architecture}}"),
    "podman": ("image", "inspect", "--format", "{{.Os}}/{{.Architecture}}"),
    "buildah": ("inspect", "--type", "image", "--format", "{{.OCIv1.OS}}/{{.OCIv1.Architecture}}"),
}


@dataclass(frozen=True)
class Instructions:
    """What an engine builds.

    Attributes:
        context: The folder with the files.
        dockerfile: The Dockerfile; it may be outside of the context.
        platform: The platform to build for, such as `linux/arm64`.
        target: The stage to build. Default: the last one.
        args: The build arguments.
        ignore_file: The file with the patterns of files to leave out. Default: none.
    """

    context: Path
    dockerfile: Path
    platform: str
    target: str | None = None
    args: Mapping[str, str] = field(default_factory=dict)
    ignore_file: Path | None = None


@dataclass(frozen=True)
class Engine:
    """A container engine that answers.

    Attributes:
        name: Its name, which is also its program on the PATH.
        env_vars: The environment variables that it runs with.
    """

    name: EngineName
    env_vars: Mapping[str, str] = field(repr=False)

    def build(self, service: str, instructions: Instructions, reference: str, reporter: Reporter) -> str:
        """Build an image, name it `reference`, and return its ID, `sha256:` and 64 hex digits. Raises ImageError.

        `reporter` receives the engine's output as messages.

        Engines without BuildKit use cached layers of another platform when the base image is `scratch`. Such an image
        would have the wrong platform, so it is built again without the cache.
        """
        image_id = self._build(service, instructions, reference, reporter)
        found = self._platform(reference)
        if found != instructions.platform:
            image_id = self._build(service, instructions, reference, reporter, "--no-cache")
            found = self._platform(reference)
        if found != instructions.platform:
            fix = "remove `--platform` from FROM, install Docker's buildx plugin, or set the service's `architecture`"
            what = f"{self.name} did not build for {instructions.platform}"
            raise ImageError.of(service, what, got=found or "an image that can't be inspected", fix=fix)
        return image_id

    @property
    def has_buildkit(self) -> bool:
        """Whether it is docker with BuildKit. Without its plugin buildx, docker uses its earlier builder."""
        if self.name != "docker" or self.env_vars.get("DOCKER_BUILDKIT") == "0":
            return False
        return self._ask(["buildx", "version"]).exit_code == 0

    def tag(self, service: str, image: str, reference: str) -> None:
        """Give an image another name. Raises ImageError."""
        ended = self._ask(["tag", image, reference])
        if ended.exit_code:
            raise failures.failure("build", service, f"the image {image} can't be tagged", ended, self.name)

    def push(self, service: str, reference: str, reporter: Reporter) -> None:
        """Push an image to the registry in its name; `reporter` receives the output. Raises ImageError."""
        ended = self._run(["push", reference], reporter)
        if ended.exit_code:
            raise failures.failure("push", service, f"{reference} was not pushed", ended, self.name)

    @contextmanager
    def logged_in(self, login: Login) -> Iterator[Engine]:
        """This engine with a login that ends with the block. Raises ImageError when the registry refuses it."""
        with private_configuration(self.name, login.registry, self.env_vars) as env_vars:
            engine = replace(self, env_vars=env_vars)
            arguments = ["login", "--username", login.user, "--password-stdin", login.registry]
            ended = engine._ask(arguments, secret=login.password)
            if ended.exit_code:
                what = "the login failed"
                raise failures.failure("login", login.registry, what, ended, self.name)
            yield engine

    def _build(
        self, service: str, instructions: Instructions, reference: str, reporter: Reporter, *options: str
    ) -> str:
        """Build an image and return its ID."""
        with tempfile.TemporaryDirectory(prefix="ecsforge-build-") as folder:
            id_file = Path(folder, "id")
            arguments = [*self._build_arguments(instructions, reference, id_file), *options]
            ended = self._run([*arguments, str(instructions.context.absolute())], reporter)
            if ended.exit_code:
                what = f"{instructions.dockerfile.name} did not build"
                raise failures.failure("build", service, what, ended, self.name)
            return _image_id(id_file.read_text(encoding="utf-8"))

    def _platform(self, reference: str) -> str:
        """The platform of an image in the engine; empty if it can't be inspected."""
        ended = self._ask([*_PLATFORM[self.name], reference])
        return "" if ended.exit_code or not ended.last_lines else ended.last_lines[-1].strip()

    def _build_arguments(self, instructions: Instructions, reference: str, id_file: Path) -> list[str]:
        arguments = [*_BUILD[self.name], "--platform", instructions.platform]
        # Absolute paths: engines resolve relative ones from different folders.
        arguments += ["-f", str(instructions.dockerfile.absolute())]
        arguments += ["--target", instructions.target] if instructions.target else []
        for name, value in sorted(instructions.args.items()):
            arguments += ["--build-arg", f"{name}={value}"]
        if self.name == "docker":
            # A builder that the user has selected does not load its result into the engine by default.
            arguments += ["--load"] if self.env_vars.get("BUILDX_BUILDER") else []
        elif instructions.ignore_file is not None:
            arguments += ["--ignorefile", str(instructions.ignore_file.absolute())]
        return [*arguments, "-t", reference, "--iidfile", str(id_file)]

    def _run(self, arguments: Sequence[str], reporter: Reporter) -> Ended:
        try:
            return stream([self.name, *arguments], env_vars=self.env_vars, on_line=reporter.say)
        except OSError as error:
            raise self._unstartable(error) from error

    def _ask(self, arguments: Sequence[str], secret: str | None = None) -> Ended:
        try:
            return ask([self.name, *arguments], env_vars=self.env_vars, secret=secret)
        except OSError as error:
            raise self._unstartable(error) from error

    def _unstartable(self, error: OSError) -> ImageError:
        return ImageError.of(self.name, "the engine could not be started", got=str(error), fix=ALTERNATIVES)


def find_engine(reporter: Reporter, choice: str | None = None, *, env_vars: Mapping[str, str] | None = None) -> Engine:
    """The engine to build with: `choice`, or the first of docker, podman and buildah that answers.

    Args:
        reporter: Receives the name of the engine, as a detail.
        choice: The name of an engine.
        env_vars: The environment to start from. Default: that of this process.

    Raises:
        UsageError: `choice` is not an engine.
        ImageError: The engine does not answer, or none does.
    """
    own = {**(os.environ if env_vars is None else env_vars), "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
    if choice is not None and choice not in ENGINES:
        raise UsageError.of("--engine", "unknown engine", got=choice, fix="choose docker, podman or buildah")
    answers: dict[str, str] = {}
    for name in ENGINES:
        if choice in (None, name):
            answers[name] = _probe(name, own)
            if not answers[name]:
                reporter.detail(f"using {name}")
                return Engine(name, own)
    raise _no_engine(choice, answers)


def _probe(name: EngineName, env_vars: Mapping[str, str]) -> str:
    """Why an engine can't be used; empty if it can."""
    try:
        ended = ask([name, *_PROBES[name]], env_vars=env_vars, timeout=PROBE_SECONDS)
    except FileNotFoundError:
        return _MISSING
    except subprocess.TimeoutExpired:
        return f"does not answer within {PROBE_SECONDS:.0f} s"
    except OSError as error:
        return f"can't be started: {error}"
    if ended.exit_code or not ended.last_lines:
        return f"does not work: {ended.last_lines[-1].strip() if ended.last_lines else ended_by(ended.exit_code)}"
    return ""


def _no_engine(choice: str | None, answers: Mapping[str, str]) -> ImageError:
    reasons = tuple(f"{name} {reason}" for name, reason in answers.items())
    if choice is not None:
        missing = answers[choice] == _MISSING
        fix = (
            f"install {choice}, or use another engine" if missing else failures.advice("start", answers[choice], choice)
        )
        return ImageError.of("--engine", f"{choice} can't build the image", got=reasons[0], fix=fix)
    return ImageError(Problem(Position("engine"), "nothing can build the image", None, ALTERNATIVES, details=reasons))


def _image_id(text: str) -> str:
    """An image ID; buildah writes it without its algorithm."""
    digits = text.strip().removeprefix("sha256:")
    return f"sha256:{digits}"
