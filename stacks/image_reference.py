"""Container image references, `[registry/]repository[:tag][@digest]`: the only place that parses them.

Sources: the grammar and the defaults for Docker Hub in `reference.go`, `regexp.go` and `normalize.go` of
distribution/reference; the digest algorithms of the OCI image specification (descriptor.md); the host names of private
ECR registries in `ecr-login/api/client.go` of amazon-ecr-credential-helper and "Amazon ECR endpoints" in AWS's General
Reference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Self

DOCKER_HUB = "docker.io"
ECR_PUBLIC = frozenset({"public.ecr.aws", "ecr-public.aws.com"})
"""The host names of public ECR registries."""
MAX_REPOSITORY, MAX_TAG = 255, 128
"""The characters of a repository, and of a tag."""

_OFFICIAL = "library/"
_DOCKER_HUB_ALIASES = frozenset({DOCKER_HUB, "index.docker.io"})
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_REGISTRY = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:]+\])(?::[0-9]+)?")
_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_HEX_DIGITS = {"sha256": 64, "sha384": 96, "sha512": 128}
_HEX = re.compile(r"[0-9a-f]+")
_IMAGE_ID = re.compile(r"[0-9a-f]{64}")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_BLANK = re.compile(r"[\s\x00-\x1f\x7f]")
_ECR_HOST = re.compile(
    r"(?P<account_id>\d{12})\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z0-9][a-z0-9-]*)\."
    r"(?:amazonaws\.(?:com(?:\.cn)?|eu)|on\.(?:aws|amazonwebservices\.(?:com\.cn|eu))"
    r"|sc2s\.sgov\.gov|c2s\.ic\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)"
)
"""The host name of a private ECR registry: IPv4 or dual-stack, with or without FIPS, in any partition."""


class InvalidImageError(ValueError):
    """A text is not an image reference.

    Attributes:
        what: What is wrong, as the end of a sentence that begins with the name of the value.
        got: The part that is wrong.
        fix: How to fix it.
    """

    def __init__(self, what: str, got: str, fix: str) -> None:
        super().__init__(what)
        self.what, self.got, self.fix = what, got, fix


@dataclass(frozen=True)
class EcrRepository:
    """A repository in a private ECR registry.

    Attributes:
        account_id: The registry's account, 12 digits.
        region: Its AWS region.
        name: The repository's name.
    """

    account_id: str
    region: str
    name: str


@dataclass(frozen=True)
class ImageReference:
    """An image reference in full: a registry and a repository are never left out.

    Attributes:
        registry: The host name with its port, such as `docker.io`, `localhost:5000` or `[::1]:5000`.
        repository: The path in the registry, such as `library/nginx`.
        tag: The tag; None where the reference has none.
        digest: The digest with its algorithm, such as `sha256:0a1b...`; None where the reference has none.
    """

    registry: str
    repository: str
    tag: str | None = None
    digest: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a reference. Raises InvalidImageError."""
        _refuse_other_texts(text)
        rest, at, digest = text.partition("@")
        if at:
            _check_digest(digest)
        registry, path = _split_registry(rest)
        repository, colon, tag = path.partition(":")
        if colon and not _TAG.fullmatch(tag):
            raise _invalid_tag(tag)
        if registry in _DOCKER_HUB_ALIASES:
            registry = DOCKER_HUB
            _check_repository(repository)
            repository = repository if "/" in repository else f"{_OFFICIAL}{repository}"
        _check_repository(repository)
        return cls(registry, repository, tag if colon else None, digest if at else None)

    def __str__(self) -> str:
        tag = "" if self.tag is None else f":{self.tag}"
        digest = "" if self.digest is None else f"@{self.digest}"
        return f"{self.name}{tag}{digest}"

    @property
    def name(self) -> str:
        """The registry and the repository."""
        return f"{self.registry}/{self.repository}"

    @property
    def ecr(self) -> EcrRepository | None:
        """The repository in a private ECR registry; None for any other registry."""
        host = _ECR_HOST.fullmatch(self.registry.lower())
        return None if host is None else EcrRepository(host["account_id"], host["region"], self.repository)

    @property
    def is_ecr_public(self) -> bool:
        """Whether the image is in a public ECR registry."""
        return self.registry.lower() in ECR_PUBLIC

    def with_tag(self, tag: str) -> Self:
        """The same repository with this tag and without a digest. Raises InvalidImageError."""
        check_tag(tag)
        return replace(self, tag=tag, digest=None)

    def with_digest(self, digest: str) -> Self:
        """The same repository with this digest and without a tag. Raises InvalidImageError."""
        _check_digest(digest)
        return replace(self, tag=None, digest=digest)


def check_tag(tag: str) -> None:
    """Raise InvalidImageError unless `tag` can be the tag of an image."""
    if not _TAG.fullmatch(tag):
        raise _invalid_tag(tag)


def ecr_repository(image: str) -> EcrRepository | None:
    """The repository of an image in a private ECR registry; None for any other image, and for other texts."""
    try:
        return ImageReference.parse(image).ecr
    except InvalidImageError:
        return None


def short_digest(image: str, digits: int = 12) -> str:
    """`image` with this many hex digits of its digest, without the algorithm; for output."""
    name, at, digest = image.partition("@")
    return f"{name}{at}{digest.partition(':')[2][:digits]}"


def has_digest(image: str) -> bool:
    """Whether an image is given by its digest."""
    return "@" in image


def _refuse_other_texts(text: str) -> None:
    """Raise InvalidImageError for what people write instead of an image."""
    if not text:
        raise InvalidImageError("is empty", "nothing", "name a repository, for example registry.example.com/team/app:1")
    scheme = _SCHEME.match(text)
    if scheme:
        raise InvalidImageError("has a scheme", scheme[0], "remove it: an image begins with its registry or repository")
    if _BLANK.search(text):
        raise InvalidImageError("contains white space or a control character", repr(text), "remove it")
    if _IMAGE_ID.fullmatch(text):
        raise InvalidImageError("is an image ID", text, "write the repository with a tag or a digest")


def _split_registry(text: str) -> tuple[str, str]:
    """The registry, and the repository with its tag.

    The first component is a registry when it can't be a repository of Docker Hub: it has a dot, a port or an upper case
    letter, or it is `localhost`.
    """
    first, slash, rest = text.partition("/")
    if text.startswith("[") and not slash:  # an IPv6 address
        raise InvalidImageError("has no repository", text, "add it after the registry")
    if not slash or (first != "localhost" and first == first.lower() and not re.search(r"[.:]", first)):
        return DOCKER_HUB, text
    if not _REGISTRY.fullmatch(first):
        raise InvalidImageError("has an invalid registry", first, "name its host, with a port if needed")
    return first, rest


def _check_repository(repository: str) -> None:
    if not repository or repository.endswith("/"):
        raise InvalidImageError("has no repository", repository or "nothing", "add it after the registry")
    if repository != repository.lower():
        raise InvalidImageError("has upper case letters in its repository", repository, f"write {repository.lower()}")
    if not _REPOSITORY.fullmatch(repository):
        fix = "its components contain lower case letters and digits, separated by `.`, `_`, `__` or dashes"
        raise InvalidImageError("has an invalid repository", repository, fix)
    if len(repository) > MAX_REPOSITORY:
        got = f"{len(repository)} characters"
        raise InvalidImageError(f"has a repository of more than {MAX_REPOSITORY} characters", got, "use a shorter one")


def _invalid_tag(tag: str) -> InvalidImageError:
    if len(tag) > MAX_TAG:
        what, got = f"has a tag of more than {MAX_TAG} characters", f"{len(tag)} characters"
        return InvalidImageError(what, got, "use a shorter tag")
    fix = "a tag contains letters, digits, `_`, `.` and `-`, and does not begin with `.` or `-`"
    return InvalidImageError("has an invalid tag", tag or "nothing", fix)


def _check_digest(digest: str) -> None:
    algorithm, _, digits = digest.partition(":")
    length = _HEX_DIGITS.get(algorithm)
    if length is None or len(digits) != length or not _HEX.fullmatch(digits):
        wanted = f"{algorithm if length else 'sha256'}: followed by {length or _HEX_DIGITS['sha256']} hex digits"
        fix = "copy the digest from the registry, or use a tag"
        raise InvalidImageError(f"has a digest that is not {wanted}", digest or "nothing", fix)
