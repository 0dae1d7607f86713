from __future__ import annotations

from random import Random

import pytest

from stacks.errors import Position
from stacks.infra.blocks import COMPUTED, UnreadableFile
from stacks.infra.native import read_native


def test_blocks_have_their_labels_and_positions() -> None:
    root = read_native('# a comment\nresource "aws_vpc" main {\n  cidr = "10.0.0.0/16" // ours\n}\n', "a.tf")

    (block,) = root.blocks
    assert (block.kind, block.labels, block.position) == ("resource", ("aws_vpc", "main"), Position("a.tf", 2, 1))
    (cidr,) = block.attributes
    assert (cidr.name, cidr.value, cidr.position) == ("cidr", "10.0.0.0/16", Position("a.tf", 3, 3))


@pytest.mark.parametrize(
    "expression",
    [
        '"a } ${ join("}", ["{"]) } %{ if true }{%{ endif }"',
        '<<EOT\n} resource "a" "b" {\nEOT',
        "<<-EOT\n    }\n    EOT",
        "{\n  a = 1 # }\n  b = 2 /* } */\n}",
        "[\n  1,\n  2,\n]",
        '"$${ not an interpolation } \\" }"',
        "(true\n  ? 1\n  : 2)",
        '"${<<EOT\n}" /* "\nEOT\n}"',
        '<<EOT\n${join("", [for EOT in [] :\nEOT\n])}\n  EOT',
        '<<EOT\n${"${<<EOT\n}\nEOT\n}"}\nEOT',
        "<<EOT\n\u00a0\u2003EOT\u2028",
        "<<EOT\r\n}\r\nEOT\r",
        "<<EOT\n$${ %%{ $ % \\\" '\na$\nEOT",
        '"${1 /* } */}${2 # }\n}"',
        '"$$ %% $"',
    ],
)
def test_brackets_in_strings_heredocs_and_comments_close_nothing(expression: str) -> None:
    root = read_native(f'locals {{\n  x = {expression}\n  y = 1\n}}\nresource "r" "z" {{}}\n', "a.tf")

    locals_, resource = root.blocks
    assert [each.name for each in locals_.attributes] == ["x", "y"]
    assert resource.labels == ("r", "z")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"plain"', "plain"),
        ("12", 12),
        ("true", True),
        ("null", None),
        ('["a", var.b]', ["a", COMPUTED]),
        ('{ source = "hashicorp/aws", version = var.x }', {"source": "hashicorp/aws", "version": COMPUTED}),
        ('"./${var.x}"', COMPUTED),
        ("var.x", COMPUTED),
        ('"a\\tb"', "a\tb"),
    ],
)
def test_literal_values_are_read(text: str, value: object) -> None:
    (attribute,) = read_native(f"x = {text}\n", "a.tf").attributes
    assert attribute.value == value


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ('resource "a" "b" {\n', Position("a.tf", 1, 1), "the block resource is not closed"),
        ("x = \n", Position("a.tf", 1, 5), "missing a value after ="),
        ("x = [1, 2\n", Position("a.tf", 2, 1), "missing ]"),
        ('x = "abc\n', Position("a.tf", 1, 5), "this string is not closed"),
        ("x = <<EOT\nabc\n", Position("a.tf", 1, 5), "the heredoc EOT is not closed"),
        ("x = <<EOT\n${1}EOT\n", Position("a.tf", 1, 5), "the heredoc EOT is not closed"),
        (
            "x = <<E\u0301\n/*\nE\u0301\n",
            Position("a.tf", 1, 5),
            "unexpected <<, which begins a heredoc only with a name at the end of the line",
        ),
        ("}\n", Position("a.tf", 1, 1), "unexpected }"),
        ("resource +\n", Position("a.tf", 1, 10), "expected = or { after resource"),
        ("x = (1]\n", Position("a.tf", 1, 7), "unexpected ]"),
        ("/* open", Position("a.tf", 1, 1), "this comment is not closed"),
    ],
)
def test_invalid_hcl_has_a_position(text: str, where: Position, what: str) -> None:
    with pytest.raises(UnreadableFile) as error:
        read_native(text, "a.tf")
    assert (error.value.position, error.value.what) == (where, what)


PARTS = ('"', "${", "}", "{", "[", "]", "<<EOT\n", "EOT\n", "#", "/*", "*/", "\n", "=", "a", " ", "\\", "%{", "$${")


def test_any_text_is_read_or_refused() -> None:
    random = Random(7)
    for _ in range(3000):
        text = "".join(random.choice(PARTS) for _ in range(random.randint(1, 30)))
        try:
            root = read_native(text, "a.tf")
        except UnreadableFile as error:
            assert error.position.line >= 1
        else:
            assert len([each.value for each in root.attributes]) == len(root.attributes)
