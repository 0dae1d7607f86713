"""Which engine is used, what it is asked to do, and the errors. Real engines are in tests/images."""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from cli.sentences import sentences
from operations.images import engine as engines
from operations.images.engine import Instructions, find_engine
from operations.images.login import Login, private_configuration
from stacks.errors import ImageError, UsageError
from tests.support.reporter import Recorder

Programs = Callable[..., dict[str, str]]
ID = "sha256:" + "0" * 64
# Writes its arguments, its input and what it got as login configuration; answers what the engines answer.
RECORDING = """#!/bin/sh
echo "$0 $*" >> "$CALLS"
case "$1" in
  login) cat >> "$CALLS"; echo >> "$CALLS" ;;
  image|inspect) echo "${PLATFORM:-linux/amd64}" ;;
  build|bud) while [ $# -gt 0 ]; do [ "$1" = --iidfile ] && printf %s "${IMAGE_ID}" > "$2"; shift; done ;;
  *) echo 1.0 ;;
esac
"""


@pytest.fixture
def programs(tmp_path: Path) -> Programs:
    """`programs(docker="exit 1")` are environment variables with only these programs, as shell scripts, on the PATH."""

    def write(**scripts: str) -> dict[str, str]:
        folder = tmp_path / "bin"
        folder.mkdir()
        for name, script in scripts.items():
            file = folder / name
            file.write_text(script if script.startswith("#!") else f"#!/bin/sh\n{script}\n")
            file.chmod(file.stat().st_mode | stat.S_IXUSR)
        for name in ("cat", "sleep"):
            (folder / name).symlink_to(str(shutil.which(name)))
        home = tmp_path / "home"
        home.mkdir()
        return {
            "PATH": str(folder),
            "HOME": str(home),
            "CALLS": str(tmp_path / "calls"),
            "IMAGE_ID": ID,
            "XDG_RUNTIME_DIR": str(tmp_path / "runtime"),
        }

    return write


def calls(env_vars: Mapping[str, str]) -> list[str]:
    """What the programs were asked, without their folder."""
    folder = f"{env_vars['PATH']}/"
    return Path(env_vars["CALLS"]).read_text().replace(folder, "").splitlines()


WORKS = "echo 1.0"


@pytest.mark.parametrize(
    ("scripts", "found"),
    [
        ({"docker": WORKS, "podman": WORKS, "buildah": WORKS}, "docker"),
        ({"podman": WORKS, "buildah": WORKS}, "podman"),
        ({"docker": "exit 1", "podman": "exit 125", "buildah": WORKS}, "buildah"),
        ({"docker": "exit 0", "podman": WORKS}, "podman"),
    ],
)
def test_the_first_engine_that_answers_is_used(programs: Programs, scripts: dict[str, str], found: str) -> None:
    reporter = Recorder()

    assert find_engine(reporter, env_vars=programs(**scripts)).name == found
    assert reporter.details == [f"using {found}"]


def test_an_engine_can_be_chosen(programs: Programs) -> None:
    assert find_engine(Recorder(), "buildah", env_vars=programs(docker=WORKS, buildah=WORKS)).name == "buildah"


def test_without_an_engine_there_are_three_alternatives(programs: Programs) -> None:
    docker = "echo 'Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?' >&2; exit 1"

    with pytest.raises(ImageError) as caught:
        find_engine(Recorder(), env_vars=programs(docker=docker, podman="exit 125"))

    assert sentences(caught.value).splitlines() == [
        "engine: nothing can build the image; install Docker or Podman, build in a CI pipeline, or pass an image that "
        "exists with `--image SERVICE=IMAGE`",
        "  docker does not work: Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?",
        "  podman does not work: exit code 125",
        "  buildah is not installed",
    ]


def test_an_engine_that_hangs_is_not_used(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "PROBE_SECONDS", 0.2)

    with pytest.raises(ImageError) as caught:
        find_engine(Recorder(), "docker", env_vars=programs(docker="exec sleep 600"))

    assert sentences(caught.value) == (
        "--engine: docker can't build the image; got docker does not answer within 0 s; start the engine, or use "
        "another one"
    )


@pytest.mark.parametrize(
    ("script", "says"),
    [
        (None, "got podman is not installed; install podman, or use another engine"),
        (
            "echo 'permission denied while trying to connect to the Docker daemon socket' >&2; exit 1",
            "got podman does not work: permission denied while trying to connect to the Docker daemon socket; add your "
            "user to the group docker, or use rootless Docker or Podman",
        ),
    ],
)
def test_a_chosen_engine_that_does_not_answer_is_an_error(programs: Programs, script: str | None, says: str) -> None:
    scripts = {"docker": WORKS} | ({} if script is None else {"podman": script})

    with pytest.raises(ImageError) as caught:
        find_engine(Recorder(), "podman", env_vars=programs(**scripts))

    assert sentences(caught.value) == f"--engine: podman can't build the image; {says}"


def test_another_engine_is_a_usage_error() -> None:
    with pytest.raises(UsageError) as caught:
        find_engine(Recorder(), "kaniko")

    assert sentences(caught.value) == "--engine: unknown engine; got kaniko; choose docker, podman or buildah"


BUILD = "--platform linux/amd64 -f HERE/web/Dockerfile --target last --build-arg A=1 --build-arg B=x y"


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("docker", f"docker build {BUILD} -t example.com/web:1"),
        ("podman", f"podman build --format docker {BUILD} --ignorefile HERE/web/ignore -t example.com/web:1"),
        ("buildah", f"buildah bud --format docker --layers {BUILD} --ignorefile HERE/web/ignore -t example.com/web:1"),
    ],
)
def test_a_build_names_everything_that_it_depends_on(programs: Programs, name: str, command: str) -> None:
    env_vars = programs(**{name: RECORDING})
    instructions = Instructions(
        Path("web"), Path("web/Dockerfile"), "linux/amd64", "last", {"B": "x y", "A": "1"}, Path("web/ignore")
    )

    image_id = find_engine(Recorder(), env_vars=env_vars).build("web", instructions, "example.com/web:1", Recorder())

    asked = calls(env_vars)
    assert image_id == ID
    assert asked[1].partition(" --iidfile ")[0].replace(str(Path.cwd()), "HERE") == command
    assert asked[1].endswith(f" {Path('web').absolute()}")
    assert len(asked) == 3  # the probe, the build, the platform


def test_buildah_writes_an_id_without_its_algorithm(programs: Programs) -> None:
    env_vars = {**programs(buildah=RECORDING), "IMAGE_ID": "0" * 64}
    engine = find_engine(Recorder(), env_vars=env_vars)

    assert engine.build("web", Instructions(Path(), Path("D"), "linux/amd64"), "web:1", Recorder()) == ID


def test_a_builder_that_the_user_has_selected_loads_its_image(programs: Programs) -> None:
    env_vars = {**programs(docker=RECORDING), "BUILDX_BUILDER": "mine"}
    engine = find_engine(Recorder(), env_vars=env_vars)

    engine.build("web", Instructions(Path(), Path("D"), "linux/amd64"), "web:1", Recorder())

    assert "/D --load -t web:1" in calls(env_vars)[1]
    assert engine.env_vars["BUILDX_NO_DEFAULT_ATTESTATIONS"] == "1"


def test_an_image_of_another_platform_is_built_again_without_the_cache_and_then_refused(programs: Programs) -> None:
    env_vars = programs(podman=RECORDING)
    engine = find_engine(Recorder(), env_vars=env_vars)

    with pytest.raises(ImageError) as caught:
        engine.build("web", Instructions(Path(), Path("D"), "linux/arm64"), "web:1", Recorder())

    builds = [call for call in calls(env_vars) if call.startswith("podman build")]
    assert ["--no-cache" in call for call in builds] == [False, True]
    assert sentences(caught.value) == (
        "web: podman did not build for linux/arm64; got linux/amd64; remove `--platform` from FROM, install Docker's "
        "buildx plugin, or set the service's `architecture`"
    )


@pytest.mark.parametrize("name", ["docker", "podman", "buildah"])
def test_a_password_is_passed_on_stdin(programs: Programs, name: str) -> None:
    env_vars = programs(**{name: RECORDING})
    login = Login("example.com", "AWS", "s3cret")

    with find_engine(Recorder(), env_vars=env_vars).logged_in(login) as engine:
        engine.push("web", "example.com/web:1", Recorder())

    assert calls(env_vars)[1:] == [
        f"{name} login --username AWS --password-stdin example.com",
        "s3cret",
        f"{name} push example.com/web:1",
    ]
    assert "s3cret" not in repr(login)
    assert "s3cret" not in repr(engine)


def test_an_image_gets_another_name(programs: Programs) -> None:
    env_vars = programs(docker=RECORDING)

    find_engine(Recorder(), env_vars=env_vars).tag("web", ID, "example.com/web:1")

    assert calls(env_vars)[1] == f"docker tag {ID} example.com/web:1"


FAILURES = [
    ("build", "exec /app: exec format error", "this machine can't run programs of that architecture: install QEMU"),
    ("build", 'short-name "alpine" did not resolve to an alias', "write the registry in FROM"),
    ("build", "no matching manifest for linux/arm64/v8", "the base image does not exist for this architecture"),
    ("build", "the --mount option requires BuildKit", "install Docker's buildx plugin, or use Podman"),
    ("build", "toomanyrequests: You have reached your pull rate limit", "the registry limits pulls"),
    ("build", "pull access denied for nix, repository does not exist", "check the base image in FROM"),
    ("build", "COPY failed: no space left on device", "free disk space, for example with `docker system prune`"),
    ("build", "something else", "fix the reported problem, then run the same command again"),
    ("push", "tag invalid: The image tag '1' already exists", "the tag exists with other content"),
    (
        "push",
        "name unknown: The repository with name 'a' does not exist",
        "create the repository with `ecsforge deploy --shared`",
    ),
    ("push", "denied: Your authorization token has expired.", "run the same command again: it requests a new token"),
    ("push", "denied: User: me is not authorized to perform: ecr:PutImage", "allow ecr:BatchCheckLayerAvailability"),
    ("push", "no basic auth credentials", "check the credentials"),
    ("push", 'Patch "https://x/v2/": EOF', "check the network and the proxy settings of the engine, then run the same"),
    ("push", "dial tcp: lookup x: no such host", "check the network"),
    ("push", "x509: certificate signed by unknown authority", "make the engine trust the certificate authority"),
    ("push", "something else", "fix the reported problem, then run the same command again; layers that were pushed"),
]


@pytest.mark.parametrize(("doing", "line", "fix"), FAILURES)
def test_a_failure_has_the_fix_for_what_was_printed(programs: Programs, doing: str, line: str, fix: str) -> None:
    script = f'[ "$1" = version ] && echo 1 && exit\ncat <<"EOF" >&2\n{line}\nEOF\nexit 1'
    engine = find_engine(Recorder(), env_vars=programs(docker=script))
    reporter = Recorder()

    with pytest.raises(ImageError) as caught:
        if doing == "build":
            engine.build("web", Instructions(Path(), Path("Dockerfile"), "linux/amd64"), "web:1", reporter)
        else:
            engine.push("web", "web:1", reporter)

    (problem,) = caught.value.problems
    assert problem.fix.startswith(fix)
    assert problem.details == (line,)
    assert reporter.messages == [line]
    what = "Dockerfile did not build" if doing == "build" else "web:1 was not pushed"
    assert sentences(caught.value).startswith(f"web: {what}; got docker: exit code 1; {fix}")


def test_an_engine_that_disappears_is_an_error(programs: Programs) -> None:
    env_vars = programs(docker=WORKS)
    engine = find_engine(Recorder(), env_vars=env_vars)
    Path(env_vars["PATH"], "docker").unlink()

    with pytest.raises(ImageError) as caught:
        engine.push("web", "web:1", Recorder())

    assert sentences(caught.value).startswith("docker: the engine could not be started; got [Errno 2] No such file")


HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"


def test_docker_gets_a_copy_of_the_users_configuration(tmp_path: Path) -> None:
    own = tmp_path / ".docker"
    (own / "contexts").mkdir(parents=True)
    (own / "contexts" / "mine").touch()
    users = {
        "auths": {"ghcr.io": {"auth": "x"}},
        "credsStore": "desktop",
        "credHelpers": {HOST: "ecr-login", "gcr.io": "gcloud"},
        "currentContext": "mine",
    }
    (own / "config.json").write_text(json.dumps(users))

    with private_configuration("docker", HOST, {"HOME": str(tmp_path)}) as env_vars:
        folder = Path(env_vars["DOCKER_CONFIG"])
        copied = json.loads((folder / "config.json").read_text())
        assert (folder / "contexts" / "mine").exists()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / "config.json").stat().st_mode) == 0o600

    assert copied == {**users, "credHelpers": {HOST: "", "gcr.io": "gcloud"}}
    assert json.loads((own / "config.json").read_text()) == users
    assert not folder.exists()
    assert (own / "contexts" / "mine").exists()


@pytest.mark.parametrize("content", [None, "{", "[]"])
def test_a_missing_or_damaged_configuration_is_left_out(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "config.json").write_text(content)

    with private_configuration("docker", HOST, {"DOCKER_CONFIG": str(tmp_path)}) as env_vars:
        copied = json.loads(Path(env_vars["DOCKER_CONFIG"], "config.json").read_text())

    assert copied == {"credHelpers": {HOST: ""}}


@pytest.mark.parametrize(
    "place",
    ["auth.json", "runtime/containers/auth.json", "config/containers/auth.json", "home/.docker/config.json"],
)
def test_podman_gets_a_copy_of_the_users_logins(tmp_path: Path, place: str) -> None:
    file = tmp_path / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"auths": {"ghcr.io": {"auth": "x"}}, "credHelpers": {HOST: "ecr-login", "a": "b"}}))
    own = {
        "HOME": str(tmp_path / "home"),
        "XDG_RUNTIME_DIR": str(tmp_path / "runtime"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
    }
    own |= {"REGISTRY_AUTH_FILE": str(file)} if place == "auth.json" else {}

    with private_configuration("podman", HOST, own) as env_vars:
        copied = Path(env_vars["REGISTRY_AUTH_FILE"])
        assert json.loads(copied.read_text()) == {"auths": {"ghcr.io": {"auth": "x"}}, "credHelpers": {"a": "b"}}

    assert not copied.exists()
    assert file.exists()
