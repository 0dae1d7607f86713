"""Image references: every form of the grammar, the defaults for Docker Hub, and ECR's host names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacks.image_reference import (
    EcrRepository,
    ImageReference,
    InvalidImageError,
    check_tag,
    ecr_repository,
    has_digest,
    short_digest,
)

HEX = "0123456789abcdef" * 4
SHA256, SHA512 = f"sha256:{HEX}", f"sha512:{HEX * 2}"

# Text -> registry, repository, tag, digest. Names from reference_test.go and normalize_test.go of
# distribution/reference.
VALID: dict[str, tuple[str, str, str | None, str | None]] = {
    "redis": ("docker.io", "library/redis", None, None),
    "redis:latest": ("docker.io", "library/redis", "latest", None),
    f"redis@{SHA256}": ("docker.io", "library/redis", None, SHA256),
    f"redis:7@{SHA256}": ("docker.io", "library/redis", "7", SHA256),
    "grafana/loki:3": ("docker.io", "grafana/loki", "3", None),
    "library/foo/bar": ("docker.io", "library/foo/bar", None, None),
    "docker.io/redis": ("docker.io", "library/redis", None, None),
    "docker.io/library/redis": ("docker.io", "library/redis", None, None),
    "index.docker.io/redis:7": ("docker.io", "library/redis", "7", None),
    "index.docker.io/a/b": ("docker.io", "a/b", None, None),
    f"docker.io/{HEX}": ("docker.io", f"library/{HEX}", None, None),
    HEX[:63]: ("docker.io", f"library/{HEX[:63]}", None, None),
    "test.com:tag": ("docker.io", "library/test.com", "tag", None),
    "test.com:5000": ("docker.io", "library/test.com", "5000", None),
    "test_com/foo": ("docker.io", "test_com/foo", None, None),
    "foo_bar.com:8080": ("docker.io", "library/foo_bar.com", "8080", None),
    "foo/foo_bar.com:8080": ("docker.io", "foo/foo_bar.com", "8080", None),
    "192.168.0.1:80": ("docker.io", "library/192.168.0.1", "80", None),
    "test.com/repo:tag": ("test.com", "repo", "tag", None),
    "test:5000/repo": ("test:5000", "repo", None, None),
    f"test:5000/repo:tag@{SHA256}": ("test:5000", "repo", "tag", SHA256),
    "localhost/app": ("localhost", "app", None, None),
    "localhost:5000/team/app:v1_2.3-x": ("localhost:5000", "team/app", "v1_2.3-x", None),
    "127.0.0.1:5000/docker/docker": ("127.0.0.1:5000", "docker/docker", None, None),
    "sub-dom1.foo.com/bar/baz/quux:some-long-tag": ("sub-dom1.foo.com", "bar/baz/quux", "some-long-tag", None),
    "b.gcr.io/test.example.com/my-app:test.example.com": (
        "b.gcr.io",
        "test.example.com/my-app",
        "test.example.com",
        None,
    ),
    f"xn--7o8h.com/myimage:xn--7o8h.com@{SHA512}": ("xn--7o8h.com", "myimage", "xn--7o8h.com", SHA512),
    f"example.com/a@sha384:{HEX}{HEX[:32]}": ("example.com", "a", None, f"sha384:{HEX}{HEX[:32]}"),
    "[2001:db8::1]/repo": ("[2001:db8::1]", "repo", None, None),
    "[2001:db8:1:2:3:4:5:6]/repo:tag": ("[2001:db8:1:2:3:4:5:6]", "repo", "tag", None),
    f"[::1]:5000/repo:tag@{SHA256}": ("[::1]:5000", "repo", "tag", SHA256),
    "Foo/bar": ("Foo", "bar", None, None),
    "EXAMPLE.com/bar": ("EXAMPLE.com", "bar", None, None),
    "lowercase:Uppercase": ("docker.io", "library/lowercase", "Uppercase", None),
    "docker---rules/dock__er": ("docker.io", "docker---rules/dock__er", None, None),
    "d/t": ("docker.io", "d/t", None, None),
    "a:_": ("docker.io", "library/a", "_", None),
    f"a:{'t' * 128}": ("docker.io", "library/a", "t" * 128, None),
    f"example.com/{'a/' * 127}a": ("example.com", f"{'a/' * 127}a", None, None),
    "public.ecr.aws/docker/library/python:3.12-slim": ("public.ecr.aws", "docker/library/python", "3.12-slim", None),
}
# Text -> what is wrong, the part that is wrong.
INVALID = {
    "": ("is empty", "nothing"),
    "https://github.com/docker/docker": ("has a scheme", "https://"),
    "docker://alpine": ("has a scheme", "docker://"),
    "a b": ("contains white space or a control character", "'a b'"),
    "app\n": ("contains white space or a control character", "'app\\n'"),
    "app\x7f": ("contains white space or a control character", "'app\\x7f'"),
    HEX: ("is an image ID", HEX),
    ":justtag": ("has no repository", "nothing"),
    f"@{SHA256}": ("has no repository", "nothing"),
    "docker/": ("has no repository", "docker/"),
    "docker.io/": ("has no repository", "nothing"),
    "example.com:5000/:1": ("has no repository", "nothing"),
    "Uppercase:tag": ("has upper case letters in its repository", "Uppercase"),
    "docker/Docker": ("has upper case letters in its repository", "docker/Docker"),
    "test:5000/Uppercase/lowercase:tag": ("has upper case letters in its repository", "Uppercase/lowercase"),
    "docker///docker": ("has an invalid repository", "docker///docker"),
    "docker.io/docker///docker": ("has an invalid repository", "docker///docker"),
    "-docker": ("has an invalid repository", "-docker"),
    "-docker/docker": ("has an invalid repository", "-docker/docker"),
    "docker-/docker": ("has an invalid repository", "docker-/docker"),
    "____/____": ("has an invalid repository", "____/____"),
    "_docker/_docker": ("has an invalid repository", "_docker/_docker"),
    "a___b": ("has an invalid repository", "a___b"),
    "dock_.er/docker": ("has an invalid registry", "dock_.er"),
    "docker/dock-.er": ("has an invalid repository", "docker/dock-.er"),
    "aa/asdf$$^/aa": ("has an invalid repository", "aa/asdf$$^/aa"),
    "café": ("has an invalid repository", "café"),
    "-docker.io/docker/docker": ("has an invalid registry", "-docker.io"),
    "dock..er/docker": ("has an invalid registry", "dock..er"),
    "/app": ("has an invalid repository", "/app"),
    "[fc00::1]": ("has no repository", "[fc00::1]"),
    "[fc00::1]:5000": ("has no repository", "[fc00::1]:5000"),
    "fc00::1:5000/debian": ("has an invalid registry", "fc00::1:5000"),
    "[fe80::1%eth0]:5000/debian": ("has an invalid registry", "[fe80::1%eth0]:5000"),
    "[2001:db8:3:4::192.0.2.33]:5000/debian": ("has an invalid registry", "[2001:db8:3:4::192.0.2.33]:5000"),
    "example.com:port/a": ("has an invalid registry", "example.com:port"),
    f"example.com/{'a/' * 128}a": ("has a repository of more than 255 characters", "257 characters"),
    "a:": ("has an invalid tag", "nothing"),
    "a:-b": ("has an invalid tag", "-b"),
    "a:.b": ("has an invalid tag", ".b"),
    "a:b:c": ("has an invalid tag", "b:c"),
    "a:é": ("has an invalid tag", "é"),
    f"a:{'t' * 129}": ("has a tag of more than 128 characters", "129 characters"),
    "a@": ("has a digest that is not sha256: followed by 64 hex digits", "nothing"),
    "a@latest": ("has a digest that is not sha256: followed by 64 hex digits", "latest"),
    f"a@{HEX}": ("has a digest that is not sha256: followed by 64 hex digits", HEX),
    f"a@sha256:{HEX[:34]}": ("has a digest that is not sha256: followed by 64 hex digits", f"sha256:{HEX[:34]}"),
    f"a@sha256:{HEX.upper()}": ("has a digest that is not sha256: followed by 64 hex digits", f"sha256:{HEX.upper()}"),
    f"a@sha512:{HEX}": ("has a digest that is not sha512: followed by 128 hex digits", f"sha512:{HEX}"),
    f"a@md5:{HEX}": ("has a digest that is not sha256: followed by 64 hex digits", f"md5:{HEX}"),
    f"a@{SHA256}@{SHA256}": ("has a digest that is not sha256: followed by 64 hex digits", f"{SHA256}@{SHA256}"),
}
# Registry -> account and region.
ECR_HOSTS = {
    "123456789012.dkr.ecr.eu-west-1.amazonaws.com": ("123456789012", "eu-west-1"),
    "123456789012.DKR.ECR.eu-west-1.amazonaws.com": ("123456789012", "eu-west-1"),
    "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com": ("123456789012", "us-gov-west-1"),
    "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn": ("123456789012", "cn-north-1"),
    "123456789012.dkr-ecr.us-west-2.on.aws": ("123456789012", "us-west-2"),
    "123456789012.dkr-ecr-fips.us-east-1.on.aws": ("123456789012", "us-east-1"),
    "123456789012.dkr-ecr.cn-northwest-1.on.amazonwebservices.com.cn": ("123456789012", "cn-northwest-1"),
    "123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu": ("123456789012", "eusc-de-east-1"),
    "123456789012.dkr.ecr.us-iso-east-1.c2s.ic.gov": ("123456789012", "us-iso-east-1"),
}
OTHER_HOSTS = (
    *("docker.io", "public.ecr.aws", "example.com", "12345.dkr.ecr.eu-west-1.amazonaws.com"),
    *("123456789012.dkr.ecr.eu-west-1.amazonaws.com.example.com", "123456789012.dkr.ecr.eu-west-1.amazonaws.com:443"),
    *("a123456789012.dkr.ecr.eu-west-1.amazonaws.com", "123456789012.dkr.ecrx.eu-west-1.amazonaws.com"),
)

labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
ports = st.just("") | st.integers(0, 65535).map(lambda port: f":{port}")
hosts = st.builds(lambda *parts: ".".join(parts), labels, labels) | st.just("localhost") | st.just("[2001:db8::1]")
components = st.from_regex(r"[a-z0-9]{1,5}((\.|_|__|-{1,3})[a-z0-9]{1,5}){0,2}", fullmatch=True)
references = st.builds(
    ImageReference,
    st.builds("".join, st.tuples(hosts, ports)),
    st.lists(components, min_size=2, max_size=4).map("/".join),
    st.none() | st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", fullmatch=True),
    st.none() | st.from_regex(r"sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128}", fullmatch=True),
)


@pytest.mark.parametrize("text", VALID)
def test_a_reference_is_read_in_full(text: str) -> None:
    assert ImageReference.parse(text) == ImageReference(*VALID[text])


@pytest.mark.parametrize("text", VALID)
def test_a_reference_in_full_is_read_as_the_same_one(text: str) -> None:
    reference = ImageReference.parse(text)

    assert ImageReference.parse(str(reference)) == reference


@given(references)
def test_any_reference_is_read_as_it_was_written(reference: ImageReference) -> None:
    assert ImageReference.parse(str(reference)) == reference


@given(st.text(alphabet="aA0._-:/@[]% \n", max_size=20))
def test_any_text_is_a_reference_or_an_error_that_says_how_to_fix_it(text: str) -> None:
    try:
        reference = ImageReference.parse(text)
    except InvalidImageError as error:
        assert error.what and error.got and error.fix
    else:
        assert ImageReference.parse(str(reference)) == reference


@pytest.mark.parametrize("text", INVALID)
def test_an_error_names_the_part_that_is_wrong(text: str) -> None:
    with pytest.raises(InvalidImageError) as caught:
        ImageReference.parse(text)

    assert (caught.value.what, caught.value.got) == INVALID[text]


def test_an_upper_case_repository_is_fixed_by_lower_case() -> None:
    with pytest.raises(InvalidImageError) as caught:
        ImageReference.parse("example.com/Team/App:1")

    assert caught.value.fix == "write team/app"


@pytest.mark.parametrize("host", ECR_HOSTS)
def test_a_private_ecr_registry_has_an_account_and_a_region(host: str) -> None:
    account_id, region = ECR_HOSTS[host]

    assert ecr_repository(f"{host}/shop/web:1@{SHA256}") == EcrRepository(account_id, region, "shop/web")
    assert ImageReference.parse(f"{host}/web").ecr == EcrRepository(account_id, region, "web")


@pytest.mark.parametrize("host", OTHER_HOSTS)
def test_other_registries_are_not_private_ecr_registries(host: str) -> None:
    assert ecr_repository(f"{host}/web") is None
    assert ecr_repository(f"example.com/{host.replace(':', '-')}/web") is None


def test_a_text_that_is_not_a_reference_is_not_in_ecr() -> None:
    assert ecr_repository("123456789012.dkr.ecr.eu-west-1.amazonaws.com/Web") is None


@pytest.mark.parametrize("host", ["public.ecr.aws", "ecr-public.aws.com", "PUBLIC.ECR.AWS"])
def test_public_ecr_registries_are_known(host: str) -> None:
    assert ImageReference.parse(f"{host}/nginx/nginx:1.27").is_ecr_public


def test_a_private_registry_is_not_public() -> None:
    assert not ImageReference.parse("123456789012.dkr.ecr.eu-west-1.amazonaws.com/a").is_ecr_public


def test_a_tag_replaces_tag_and_digest() -> None:
    reference = ImageReference.parse(f"example.com/a:1@{SHA256}")

    assert str(reference.with_tag("2")) == "example.com/a:2"


def test_a_digest_replaces_tag_and_digest() -> None:
    assert str(ImageReference.parse("example.com/a:1").with_digest(SHA256)) == f"example.com/a@{SHA256}"


def test_an_invalid_tag_or_digest_is_an_error() -> None:
    reference = ImageReference.parse("example.com/a:1")

    with pytest.raises(InvalidImageError, match="has an invalid tag"):
        reference.with_tag("-x")
    with pytest.raises(InvalidImageError, match="has a digest that is not"):
        reference.with_digest("sha256:x")
    with pytest.raises(InvalidImageError, match="has a tag of more than 128 characters"):
        check_tag("t" * 129)


def test_a_digest_is_shortened_for_output() -> None:
    assert short_digest(f"example.com/a:1@{SHA256}") == "example.com/a:1@0123456789ab"
    assert short_digest("example.com/a:1") == "example.com/a:1"


def test_an_image_may_have_a_digest() -> None:
    assert has_digest(f"a@{SHA256}")
    assert not has_digest("a:1")
