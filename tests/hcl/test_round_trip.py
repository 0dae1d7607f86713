"""For any value, HCL and JSON evaluate to the same, and `terraform fmt` does not change the HCL.

Terraform itself evaluates both.
"""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from stacks.hcl import render
from stacks.jsonencode import terraform_json

TRICKY = "${}%~\"\\'\n\t <>&=:,.[]()#/*-_aZ9\0\a\x7f\u00e9\u0301\u200b\u2028\ue000\u4e2d\U0001f469\u200d\U0001f680"


def literal(text: str) -> str:
    return text.replace("${", "$${").replace("%{", "%%{")


TEXT_EXPRESSIONS = [
    "local.text",
    "local.list[0]",
    "length(local.list)-1",
    "-1",
    "!true",
    "(1 + 2)",
    'jsonencode({"a" = "say \\"hi\\" to $${x} é", "b"=[1,2,{"c"=null}], "for"= {}})',
    'join(",",[for k , v in {a=1,b=2}:"${k}=${v*2}"])',
    'format("%s and %s and a very long text that makes the whole line longer than a hundred columns", "a", "b")',
    "max([1,2,3]...)+min(1, 2,3)%2",
    'lookup({a="x"},"a","y")',
    '"${local.text}${"nested ${local.text}"}"',
    'cidrsubnet("10.0.0.0/16",8,-1+2)',
]
OTHER_EXPRESSIONS = [
    "null",
    "local.list.*",
    "{}",
    "[[1,2],[3,[4]]]",
    '(local.text == "a" ? {a=1,"b c"=[1,2]} : {a=2,"b c"=[3,4]})',
    "{for k,v in {a=1}:k=>v...}",
    'merge({"a" = 1}, {"long name with spaces" = "and a long value to make the line much too long to fit on a line"})',
    "{\n  (local.text) = 1\n  b : {\n c = [\n1,\n2,\n]\n }\n}",
]
DIRECTIVE = "%{ if 1<2 }yes%{ else }no%{ endif }"

# After a carriage return without a line feed, Terraform reads the expressions in a JSON string as text.
characters = st.sampled_from(TRICKY) | st.characters(exclude_categories=["Cs"], exclude_characters="\r")
texts = st.lists(
    characters | st.sampled_from(["\r\n", "${", "$${", "$$${", "%{", "%%{", '\\"', "~}"]), max_size=12
).map("".join)
# Terraform normalizes text; two keys must not become one.
names = texts.map(lambda text: normalize("NFC", text))
# A `$` before an interpolation would escape it.
pieces = st.one_of(
    texts.map(lambda text: literal(text).rstrip("$%")),
    st.sampled_from(TEXT_EXPRESSIONS).map("${{{}}}".format),
    st.just(DIRECTIVE),
)
templates = st.lists(pieces, max_size=4).map("".join)
documents = st.dictionaries(
    names,
    st.recursive(texts | st.integers() | st.booleans() | st.none(), lambda inner: st.lists(inner, max_size=3)),
    max_size=3,
)
values = st.recursive(
    st.one_of(
        templates,
        texts.map(literal),
        st.sampled_from(OTHER_EXPRESSIONS).map("${{{}}}".format),
        documents.map(lambda document: literal(terraform_json(document))),
        st.integers(-(2**60), 2**60),
        st.floats(allow_nan=False, allow_infinity=False, width=32),
        st.booleans(),
        st.none(),
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names.map(literal), inner, max_size=4),
    max_leaves=12,
)


def evaluated(terraform: Any, folder: Path) -> list[bytes]:
    each = 'join(" ", [for value in local.values : base64encode(jsonencode(value))])'
    answer = terraform("console", folder=folder, given=each)
    return [b64decode(encoded) for encoded in answer.strip().strip('"').split()]


@pytest.mark.terraform
@settings(max_examples=8, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(given_values=st.lists(values, min_size=20, max_size=30))
def test_hcl_and_json_evaluate_to_the_same(
    terraform: Any, tmp_path_factory: pytest.TempPathFactory, given_values: list[Any]
) -> None:
    stack = {"locals": {"text": 'a"b', "list": ["x", 1], "values": given_values}}
    as_json, as_hcl = tmp_path_factory.mktemp("json"), tmp_path_factory.mktemp("hcl")
    (as_json / "main.tf.json").write_text(json.dumps(stack), encoding="utf-8")
    source = render(stack, {}, lambda address: "main.tf", {})["main.tf"]
    (as_hcl / "main.tf").write_text(source, encoding="utf-8")
    both = zip(given_values, evaluated(terraform, as_json), evaluated(terraform, as_hcl), strict=True)

    assert [(value, from_json, from_hcl) for value, from_json, from_hcl in both if from_json != from_hcl] == []
    assert terraform("fmt", "-", folder=as_hcl, given=source) == source
