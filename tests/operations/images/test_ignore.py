"""`.dockerignore`: Docker's patterns, exceptions and files."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.sentences import sentences
from operations.images.ignore import InvalidPatternError, ignore_file, parse, read_ignore
from stacks.errors import ImageError

# Pattern, path, whether the pattern matches the path itself. Names from patternmatcher_test.go of moby/patternmatcher.
MATCHES = [
    ("**", "file", True),
    ("**/", "file", True),
    ("**", "dir/file", True),
    ("**/**", "dir/file", True),
    ("dir/**", "dir/file", True),
    ("dir/**", "dir/dir2/file", True),
    ("abc/**", "abc", False),
    ("**/dir", "dir", True),
    ("**/dir", "a/b/dir", True),
    ("**/dir2/*", "dir/dir2/file", True),
    ("**/dir2/**", "dir/dir2/dir3/file", True),
    ("**file", "file", True),
    ("**file", "dir/file", True),
    ("**file", "myfile", True),
    ("**/file", "myfile", False),
    ("**/file*", "dir/dir/file.txt", True),
    ("**/file*txt", "dir/dir/file.txt", True),
    ("**/**/*.txt", "dir/dir/file.txt", True),
    ("**/**/*.txt2", "dir/dir/file.txt", False),
    ("**/*.txt", "file.txt", True),
    ("a**/*.txt", "a/dir/dir/file.txt", True),
    ("a/*.txt", "a/dir/file.txt", False),
    ("a/*.txt**", "a/file.txt", True),
    ("a[b-d]e", "ae", False),
    ("a[b-d]e", "ace", True),
    ("a[b-d]e", "aae", False),
    ("a[^b-d]e", "aze", True),
    ("a[^b-d]e", "ace", False),
    (".*", ".foo", True),
    (".*", "foo", False),
    ("abc.def", "abcZdef", False),
    ("abc?def", "abcZdef", True),
    ("abc?def", "abcdef", False),
    ("**/.foo", "bar.foo", False),
    ("a(b)c/def", "a(b)c/def", True),
    ("a.|)$(}+{bc", "a.|)$(}+{bc", True),
    ("dist/*.whl", "dist/proxy.py-2.4.0rc3.dev36+g08acad9-py3-none-any.whl", True),
    ("a\\*b", "a*b", True),
    ("a\\*b", "axb", False),
    ("a?b", "a☺b", True),
    ("a[^a]b", "a☺b", True),
    ("a???b", "a☺b", False),
    ("[a-ζ]*", "\u03b1", True),
    ("*[a-ζ]", "A", False),
    ("a?b", "a/b", False),
    ("a*b", "a/b", False),
    ("[\\]a]", "]", True),
    ("[\\-]", "-", True),
    ("[x\\-]", "x", True),
    ("[x\\-]", "z", False),
    ("[\\-x]", "a", False),
    ("*", "abc", True),
    ("a*b*c*d*e*/f", "axbxcxdxexxx/f", True),
    ("a*b*c*d*e*/f", "axbxcxdxe/xxx/f", False),
    ("*x", "xxx", True),
]
INVALID = ["[", "[^", "[^bc", "a[", "[]a]", "[-]", "[x-]", "[-x]", "[a-b-c]", "[z-a]", "\\", "!", "! "]
# Lines, path, whether it is left out.
FILES = [
    (["docs"], "docs/README.md", True),
    (["docs/"], "docs/README.md", True),
    (["docs", "!docs/README.md"], "docs/README.md", False),
    (["docs/", "!docs/README.md"], "docs/README.md", False),
    (["docs/*", "!docs/README.md"], "docs/README.md", False),
    (["docs/*", "!docs/README.md"], "docs/other.md", True),
    (["!docs/README.md", "docs"], "docs/README.md", True),
    (["*.go", "!main.go", "main.*"], "main.go", True),
    (["**", "!util/docker/web"], "util/docker/web/foo", False),
    (["**", "!util/docker/web", "util/docker/web/foo"], "util/docker/web/foo", True),
    (["*", "!src", "src/**/*.pyc"], "src/a/b.pyc", True),
    (["*", "!src", "src/**/*.pyc"], "src/a/b.py", False),
    (["node_modules"], "a/node_modules/b", False),
    (["**/node_modules"], "a/node_modules/b", True),
    (["/build"], "build/out", True),
    (["//build//out/"], "build/out", True),
    (["./build/../dist"], "dist", True),
    (["  build  "], "build", True),
    (["! build", "*"], "build", True),
    (["*", "!  build"], "build", False),
    (["# build", "#build"], "build", False),
    ([" #build"], "#build", True),
    (["\ufeff"], "build", False),
    (["", "  ", "\t"], "build", False),
    (["build\r"], "build", True),
    (["."], "build", False),
    (["a b"], "a b", True),
    (["*.md", "!README*.md", "README-secret.md"], "README-secret.md", True),
    (["*.md", "README-secret.md", "!README*.md"], "README-secret.md", False),
]


@pytest.mark.parametrize(("pattern", "path", "matches"), MATCHES)
def test_a_pattern_matches_as_in_docker(pattern: str, path: str, matches: bool) -> None:
    assert bool(parse([pattern]).patterns[0].expression.fullmatch(path)) == matches


@pytest.mark.parametrize(("lines", "path", "left_out"), FILES)
def test_the_last_pattern_that_matches_a_path_or_its_folder_decides(
    lines: list[str], path: str, left_out: bool
) -> None:
    assert parse(line.removeprefix("\ufeff") for line in lines).ignores(path) == left_out


@pytest.mark.parametrize("pattern", INVALID)
def test_an_invalid_pattern_is_an_error(pattern: str) -> None:
    with pytest.raises(InvalidPatternError):
        parse([pattern])


def test_the_file_beside_the_dockerfile_replaces_that_of_the_context(tmp_path: Path) -> None:
    context, dockerfile = tmp_path / "context", tmp_path / "docker" / "web.Dockerfile"
    context.mkdir()
    dockerfile.parent.mkdir()
    assert ignore_file(context, dockerfile) is None

    (context / ".dockerignore").touch()
    assert ignore_file(context, dockerfile) == context / ".dockerignore"

    (dockerfile.parent / "web.Dockerfile.dockerignore").touch()
    assert ignore_file(context, dockerfile) == dockerfile.parent / "web.Dockerfile.dockerignore"


def test_a_file_may_begin_with_a_byte_order_mark_and_have_windows_line_ends(tmp_path: Path) -> None:
    file = tmp_path / ".dockerignore"
    file.write_bytes(b"\xef\xbb\xbfbuild\r\n!build/keep\r\n")

    ignore = read_ignore(file)

    assert (ignore.ignores("build/out"), ignore.ignores("build/keep")) == (True, False)


def test_an_invalid_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = Path(".dockerignore")
    file.write_text("a[b\n")

    with pytest.raises(ImageError) as caught:
        read_ignore(file)

    assert sentences(caught.value) == (
        ".dockerignore: has an invalid pattern; got [b; close the bracket, or escape it with a backslash"
    )
