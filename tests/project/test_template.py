"""A service's own task definition template, rendered without Terraform."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stacks.project.data.functions import READ_FILES
from stacks.project.rules.template import template_variables
from stacks.project.template import TemplateError, TooLarge, Unknown, called, render
from tests.project.conftest import Check, Load
from tests.project.texts import web

BUILT_IN = Path(__file__).parents[2] / "stacks" / "templates" / "service.json.tpl"
WITH_TEMPLATE = web("task_definition_template: ./service.json.tpl")
WHERE = "error ecsforge.yaml:5:31: services.web.task_definition_template"
SMALLEST = '{"containerDefinitions": [{"name": ${jsonencode(name)}, "image": "${image}"}]}'


def test_the_built_in_template_renders_to_a_task_definition(loaded: Load) -> None:
    text = web("command: [a, '\"b\"']\nenvironment: {A: '${x}'}\nsidecars: {s: {image: 's:1'}}")
    project = loaded(text, env="dev").projects[0]
    variables = template_variables(project, "web", project.services["web"])
    definition = json.loads(render(BUILT_IN.read_text(), variables))

    assert definition["family"] == "web-shop-dev"
    assert [container["name"] for container in definition["containerDefinitions"]] == ["web", "s"]
    assert definition["containerDefinitions"][0]["command"] == ["a", '"b"']
    assert definition["containerDefinitions"][0]["environment"] == [{"name": "A", "value": "${x}"}]


@pytest.mark.parametrize("name", ["built-in", "smallest"])
def test_a_good_template_is_accepted(name: str, folder: Path, check: Check) -> None:
    (folder / "service.json.tpl").write_text(BUILT_IN.read_text() if name == "built-in" else SMALLEST)

    assert check(WITH_TEMPLATE) == []


def test_a_template_that_does_not_exist_is_refused(check: Check) -> None:
    assert check(WITH_TEMPLATE) == [
        f"{WHERE} names a file that does not exist; got ./service.json.tpl; "
        "check the path; it is relative to the project file"
    ]


def test_a_template_that_renders_to_no_json_is_refused(folder: Path, check: Check) -> None:
    (folder / "service.json.tpl").write_text('{"containerDefinitions": [{"name": ${name}}]}\n')

    assert check(WITH_TEMPLATE) == [
        f"{WHERE} is not valid JSON once rendered at line 1 of the rendered text; got ./service.json.tpl; "
        "put text through jsonencode(), or start from stacks/templates/service.json.tpl"
    ]


def test_a_template_with_an_unknown_variable_is_refused(folder: Path, check: Check) -> None:
    (folder / "service.json.tpl").write_text('{"containerDefinitions": [{"name": "${nmae}"}]}\n')

    assert check(WITH_TEMPLATE) == [
        f"{WHERE} can't be rendered: undefined variable nmae; got ./service.json.tpl; its variables are aws_region, "
        "container_options, cpu, cpu_architecture, ecs_execution_role, ecs_task_role, env, environment, family, image, "
        "launch_type, log_group, memory, memory_reservation, name, network_mode, port, port_mappings, project_id, "
        "secrets, sidecars, task_options"
    ]


@pytest.mark.parametrize("text", ["[]", '{"family": "a"}', '{"containerDefinitions": {}}'])
def test_a_template_that_renders_to_something_else_is_refused(text: str, folder: Path, check: Check) -> None:
    (folder / "service.json.tpl").write_text(text)

    assert check(WITH_TEMPLATE) == [
        f"{WHERE} must render to an object with containerDefinitions; got ./service.json.tpl; "
        "start from stacks/templates/service.json.tpl"
    ]


@pytest.mark.parametrize(
    ("call", "function"),
    [
        ('file("/etc/passwd")', "file"),
        ('fileset("/", "*")', "fileset"),
        ('filebase64 ("x")', "filebase64"),
        ('core::file("x")', "file"),
        ("templatestring(image, {})", "templatestring"),
        ('templatefile("x", {})', "templatefile"),
        ('file/* ( */ # (\n // (\n ("x")', "file"),
        ('"${"}"}${file("x")}"', "file"),
        ('env == "other" ? file("x") : ""', "file"),
    ],
)
def test_a_template_that_reads_files_is_refused(call: str, function: str, folder: Path, check: Check) -> None:
    (folder / "service.json.tpl").write_text(SMALLEST.replace("${image}", f"${{{call}}}"))

    assert check(WITH_TEMPLATE) == [
        f"{WHERE} can't call {function}(), which can read any file on the machine that runs the plan; "
        "got ./service.json.tpl; write the text itself, or pass it in environment"
    ]


@pytest.mark.parametrize("text", ["profile(x)", "file: (x)", "my_file(x)"])
def test_text_that_only_looks_like_a_call_is_accepted(text: str, folder: Path, check: Check) -> None:
    (folder / "service.json.tpl").write_text(SMALLEST.replace("${image}", text))

    assert check(WITH_TEMPLATE) == []


def test_a_template_without_the_services_container_is_refused(folder: Path, check: Check) -> None:
    (folder / "service.json.tpl").write_text('{"containerDefinitions": [{"name": "app"}]}')

    assert check(WITH_TEMPLATE) == [
        f"{WHERE} must define a container named web, like its service; got ./service.json.tpl; "
        "name it with ${jsonencode(name)}"
    ]


@pytest.mark.parametrize("path", ["../service.json.tpl", "/etc/hostname", "link.tpl"])
def test_a_template_outside_the_projects_folder_is_refused(path: str, folder: Path, check: Check) -> None:
    outside = folder.parent / "service.json.tpl"
    outside.write_text(SMALLEST)
    (folder / "link.tpl").symlink_to(outside)
    expected = (
        f"{WHERE} must be in the project file's folder; got {path}; move it there, and name it relative to that folder"
    )

    assert check(web(f"task_definition_template: {path}")) == [expected]


def test_an_absolute_path_is_refused_even_into_the_projects_folder(folder: Path, check: Check) -> None:
    (folder / "service.json.tpl").write_text(SMALLEST)

    (problem,) = check(web(f"task_definition_template: {folder.absolute()}/service.json.tpl"))

    assert problem.startswith(f"{WHERE} must be in the project file's folder; got ")


def test_a_folder_or_binary_as_a_template_is_refused(folder: Path, check: Check) -> None:
    (folder / "folder").mkdir()
    (folder / "binary").write_bytes(b"\xff\xfe")

    assert [check(web(f"task_definition_template: {name}")) for name in ("folder", "binary")] == [
        [f"{WHERE} must be a file; got folder; use the path of the template file"],
        [f"{WHERE} must be text in UTF-8; got binary; check that this is the template"],
    ]


VARIABLES = {"a": "x", "n": 3, "t": True, "none": None, "l": ["p", "q"], "m": {"k": "v", "j": 'w"'}, "e": []}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("${a}-${n}-${t}", "x-3-true"),
        ("$${a} %%{ if } $ % {}", "${a} %{ if } $ % {}"),
        ('${jsonencode(l)} ${jsonencode(m["j"])} ${m.k} ${l[0]}', '["p","q"] "w\\"" v p'),
        ("%{ if t }yes%{ else }no%{ endif }", "yes"),
        ("%{ if n > 3 || !t }yes%{ endif }.", "."),
        ("%{ for x in l }[${x}]%{ endfor }", "[p][q]"),
        ("%{ for i, x in l }${i}${x}%{ endfor }", "0p1q"),
        ("%{ for key, value in m ~}\n  ${key}=${value};\n%{ endfor ~}\n.", '  j=w";\n  k=v;\n.'),
        ("a  ${~ a ~}  b", "axb"),
        ("a\n  ${~ a ~}\n\n  b", "a\nx\n  b"),
        ("a\n${~ a ~}  \n  b", "ax  b"),
        ('${n == 3 ? "three" : "other"}', "three"),
        ('${join(", ", l)} ${length(l)} ${upper(a)}', "p, q 2 X"),
        ('${jsonencode({name = a, "port": n})}', '{"name":"x","port":3}'),
        ('${"a ${a}, ${l[1]}"}', "a x, q"),
        ('${jsonencode("${l}")} ${jsonencode("${n}")} ${jsonencode("${n}.")}', '["p","q"] 3 "3."'),
        ("${jsonencode(concat(l, [a]))}", '["p","q","x"]'),
        ("%{ for x in l }%{ if x == a }%{ else }${x}%{ endif }%{ endfor }", "pq"),
    ],
)
def test_templates_render_as_in_terraform(template: str, expected: str) -> None:
    assert render(template, VARIABLES) == expected


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("${missing}", "undefined variable missing"),
        ("${uper(a)}", "unknown function uper"),
        ("${a", "${ on line 1 is not closed"),
        ("%{ if t }", "missing %{ endif }"),
        ("%{ for x in l }%{ endif }", "unexpected %{ endif }"),
        ("%{ endfor }", "unexpected %{ endfor }"),
        ("%{ for x in a }%{ endfor }", "%{ for } needs a list or a map"),
        ("%{ while t }", "unexpected %{ while t }"),
        ("${l}", "can't write a list or a map as text; use jsonencode()"),
        ("${none}", "can't write null as text"),
        ("${}", "unexpected end of an expression"),
        ("${jsonencode(a", "${ on line 1 is not closed"),
    ],
)
def test_the_error_of_an_invalid_template(template: str, message: str) -> None:
    with pytest.raises(TemplateError) as error:
        render(template, VARIABLES)

    assert str(error.value) == message


@pytest.mark.parametrize(
    "template",
    [
        *(
            "${md5(a)}",
            "${[for x in l : x]}",
            '${"a ${~ a}"}',
            '${"%{ if t }a%{ endif }"}',
            '${"${"}"}"}',
            "${m.missing}",
            "${l[9]}",
            "${-a}",
        ),
        *('${replace(a, "/x/", "")}', "${n / 2}", "${l[*]}", "${l.*}", "${max(l...)}", "${core::upper(a)}", "${1e3}"),
        *("${a /* a comment */}", "${// a comment\na}", "${a b}", "${{(a) = 1}}", "${" + "(" * 999 + "}"),
    ],
)
def test_templates_that_only_terraform_can_evaluate(template: str) -> None:
    with pytest.raises(Unknown):
        render(template, VARIABLES)


def test_a_branch_that_is_not_taken_is_not_evaluated() -> None:
    assert render("%{ if t }yes%{ else }${missing} ${a b} ${md5(a)}%{ endif }", VARIABLES) == "yes"


TEN = "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]"


def nested(*loops: str, body: str = "") -> str:
    """A loop over each of the lists, one in another; each binds `x`."""
    return "".join(f"%{{ for x in {items} }}" for items in loops) + body + "%{ endfor }" * len(loops)


def test_a_template_that_takes_too_long_is_refused(folder: Path, check: Check) -> None:
    (folder / "service.json.tpl").write_text("{\n" + nested(*[TEN] * 12) + "}\n")

    assert check(WITH_TEMPLATE) == [
        f"{WHERE} takes more than 200,000 steps to render, on line 2 of the template; got ./service.json.tpl; "
        "remove nested loops and repeated text"
    ]


def test_a_template_that_takes_too_long_is_rendered_once(folder: Path, check: Check) -> None:
    (folder / "service.json.tpl").write_text("{\n" + nested(*[TEN] * 12) + "}\n")
    service = "{image: 'a:1', port: null, task_definition_template: ./service.json.tpl}"
    services = "".join(f"  w{n}: {service}\n" for n in range(1000))

    problems = check(f"project_id: shop\nservices:\n{services}")

    assert (
        len([problem for problem in problems if "takes more than 200,000 steps to render, on line 2" in problem])
        == 1000
    )


def test_a_long_name_is_cut_in_a_message(folder: Path, check: Check) -> None:
    (folder / "service.json.tpl").write_text("${" + "a" * 10_000 + "}")

    assert check(WITH_TEMPLATE)[0].startswith(f"{WHERE} can't be rendered: undefined variable {'a' * 181}; got ")


def test_a_template_that_makes_too_much_text_is_refused(folder: Path, check: Check) -> None:
    (folder / "service.json.tpl").write_text(nested(TEN, TEN, TEN, body="\n" + "x" * 10_000))

    assert check(WITH_TEMPLATE) == [
        f"{WHERE} makes more than 4 MiB of text, on line 1 of the template; got ./service.json.tpl; "
        "remove nested loops and repeated text"
    ]


@pytest.mark.parametrize(
    "template",
    [
        nested(*[TEN] * 12, body="x"),
        nested(*[TEN] * 8),
        nested(*[TEN] * 8, body="${x}"),
        nested(*[TEN] * 4, body="x" * 500),
        "${" + "replace(" * 9 + '"a"' + ', "a", "aaaaaaaa")' * 9 + "}",
        "${" + "jsonencode(" * 25 + '"\\""' + ")" * 25 + "}",
        '${join("' + "x" * 400_000 + '", [' + '"a", ' * 12 + "])}",
        nested("[[1, 2]]", *["[[x, x]]"] * 19, body="${jsonencode(x)}"),
        nested("[[1, 2]]", *["[[x, x]]"] * 17, body="%{ if x == x }%{ endif }"),
        nested("[[1, 2]]", *["[{a = x, b = x}]"] * 19, body="${jsonencode(x)}"),
        nested("[[1, 2, 3]]", *["[[x, x, x]]"] * 18, body="${x == concat(x, [])}"),
        nested("[{}]", *["[{a = x, b = x, c = x}]"] * 18, body="${contains([x], x)}"),
        nested(*[TEN] * 4, body="${length([" + "1, " * 10_000 + "1])}"),
        nested(*[TEN] * 3, body="".join(f"${{length([{'1, ' * 400}{at}])}}" for at in range(600))),
        nested("[[1, 2, 3]]", *["[concat(x, x, x, x)]"] * 15, body="${length(x)}"),
        nested('["1234567890"]', *['[join(x, ["", x, x, x, x])]'] * 15),
        nested('["1234567890"]', *['[replace(x, "", x)]'] * 15),
        nested('["1234567890"]', *['[replace(x, "1", "1111111111")]'] * 15),
        "${" + "jsonencode(" * 60 + '"\\\\"' + ")" * 60 + "}",
        "%{ if true }%{ endif }" * 60_000,
        '${"' + "$" * 1_000_000 + '"}',
        "${[" + "1," * 400_000 + "]}",
        nested(*[TEN] * 4, body="%{ if '" + "z" * 10_000 + "' == x }%{ endif }").replace("'", '"'),
    ],
)
def test_small_templates_that_grow_are_stopped(template: str) -> None:
    with pytest.raises(TooLarge):
        render(template, VARIABLES)


@pytest.mark.parametrize(
    "template",
    [
        *('${"a" * 9999999999}', '${"%999999999d" % 5}', "${jsonencode([1] * 999999999)}", '${"a" + "b"}'),
        nested("[99999999999]", *["[x * x]"] * 19, body="${x}"),
        *("${" + "9" * 5000 + "}", '${tonumber("' + "9" * 4000 + '")}', "${" + "[" * 90_000 + "]" * 90_000 + "}"),
    ],
)
def test_operators_of_python_are_not_those_of_terraform(template: str) -> None:
    with pytest.raises(Unknown):
        render(template, VARIABLES)


def test_the_line_of_the_template_that_takes_too_long_is_named() -> None:
    with pytest.raises(TooLarge) as error:
        render("a\n${a}\n${jsonencode(\nl)}\n$${\n" + nested(*[TEN] * 9), VARIABLES)

    assert str(error.value) == "takes more than 200,000 steps to render, on line 6"


def test_a_large_task_definition_is_rendered() -> None:
    variables = {"environment": [{"name": f"NAME_{n}", "value": "x" * 50} for n in range(1500)]}
    template = '${jsonencode(concat(environment, [{ name = "A", value = "b" }]))}'

    assert len(json.loads(render(template, variables))) == 1501


@pytest.mark.parametrize(
    "text",
    ["file/*" * 170_000, "file/*file*/" * 80_000, "file#file//" * 80_000, "file" + "/**/ " * 150_000 + "x", "file" * 9],
)
def test_searching_a_template_for_calls_reads_it_once(text: str) -> None:
    assert called(text, READ_FILES) is None


@pytest.mark.parametrize(
    "text",
    [
        "file(",
        "file /* ( */\n(",
        "file # a\n (",
        "file//(\n(",
        "/* file( */",
        "my-file(",
        "core::file(",
        "file/**//* */(x",
    ],
)
def test_a_call_is_found_behind_space_and_comments(text: str) -> None:
    assert called(text, READ_FILES) == "file"


@pytest.mark.parametrize("text", ["file", "file-x(", "files(", "profile(", "file /* (", "file # (", "file.x("])
def test_other_names_are_not_calls(text: str) -> None:
    assert called(text, READ_FILES) is None


def test_a_number_that_is_too_long_for_json_is_an_error(folder: Path, check: Check) -> None:
    (folder / "service.json.tpl").write_text("1" * 5000)

    assert check(WITH_TEMPLATE) == [
        f"{WHERE} is not valid JSON once rendered; got ./service.json.tpl; "
        "put text through jsonencode(), or start from stacks/templates/service.json.tpl"
    ]


def test_what_a_task_definition_can_hold_is_rendered() -> None:
    assert len(render(nested(TEN, TEN, TEN, body="x" * 60), {})) == 60_000


@pytest.mark.parametrize("expression", ['"a" * 1000000000', '"%1000000000d" % 1', '["a"] * 1000000000', '-"a"'])
def test_arithmetic_on_text_is_left_to_terraform(expression: str) -> None:
    with pytest.raises(Unknown):
        render("${" + expression + "}", {})


@pytest.mark.parametrize("deep", ["(" * 5000 + "1" + ")" * 5000, "!" * 5000 + "true", "[" * 5000 + "]" * 5000])
def test_an_expression_that_is_nested_too_deeply_is_left_to_terraform(deep: str) -> None:
    with pytest.raises((Unknown, TemplateError)):
        render("${" + deep + "}", {})
