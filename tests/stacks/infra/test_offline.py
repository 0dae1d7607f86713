from __future__ import annotations

import pytest

from stacks.infra.offline import acts_for_real
from tests.stacks.infra.conftest import Own, sentences_of

FOREIGN = "a rehearsal does not run provider {0}, which acts outside of the emulator; got {1}; if it does nothing that "
FOREIGN += "a rehearsal must not do, pass --allow-provider {1}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'resource "null_resource" "x" {\n  provisioner "local-exec" {\n    command = "id"\n  }\n}',
            "infra/main.tf:2:3: a rehearsal does not run provisioners, which act outside of the emulator; got "
            'provisioner "local-exec"; replace it, or rehearse the project without it',
        ),
        (
            'removed {\n  from = a.b\n  provisioner "local-exec" {\n    when = destroy\n  }\n}',
            "infra/main.tf:3:3: a rehearsal does not run provisioners, which act outside of the emulator; got "
            'provisioner "local-exec"; replace it, or rehearse the project without it',
        ),
        ('data "external" "x" {}', f"infra/main.tf:1:1: {FOREIGN.format('hashicorp/external', 'external')}"),
        ('data "http" "x" {}', f"infra/main.tf:1:1: {FOREIGN.format('hashicorp/http', 'http')}"),
        (
            'check "x" {\n  data "http" "x" {}\n}',
            f"infra/main.tf:2:3: {FOREIGN.format('hashicorp/http', 'http')}",
        ),
        (
            'ephemeral "vault_kv_secret" "x" {}',
            f"infra/main.tf:1:1: {FOREIGN.format('hashicorp/vault', 'vault')}",
        ),
        (
            'terraform {\n  required_providers {\n    cf = { source = "cloudflare/cloudflare" }\n  }\n}',
            f"infra/main.tf:3:5: {FOREIGN.format('cloudflare/cloudflare', 'cf')}",
        ),
        (
            'terraform {\n  required_providers {\n    random = { source = "evil/random" }\n  }\n}',
            f"infra/main.tf:3:5: {FOREIGN.format('evil/random', 'random')}",
        ),
        (
            'resource "aws_vpc" "x" {\n  provider = other.x\n}',
            f"infra/main.tf:1:1: {FOREIGN.format('hashicorp/other', 'other')}",
        ),
        (
            'data "terraform_remote_state" "x" {}',
            "infra/main.tf:1:1: a rehearsal does not read terraform_remote_state, which reads the state of another "
            'configuration; got data "terraform_remote_state" "x"; pass the value as a variable, or pass '
            "--allow-provider terraform",
        ),
        (
            'data "aws_ip_ranges" "x" {\n  url = "https://example.com"\n}',
            "infra/main.tf:1:1: a rehearsal does not read aws_ip_ranges, which connects to a server; got data "
            '"aws_ip_ranges" "x"; pass the value as a variable, or pass --allow-provider aws',
        ),
        (
            'data "local_command" "x" {}',
            "infra/main.tf:1:1: a rehearsal does not read local_command, which runs a command on this machine; got "
            'data "local_command" "x"; pass the value as a variable, or pass --allow-provider local',
        ),
        (
            'provider "aws" {\n  alias = "a"\n  profile = "prod"\n}',
            "infra/main.tf:3:3: a rehearsal does not use profile of a provider, which leads out of the emulator; set "
            "it in the environment of the command that deploys",
        ),
    ],
)
def test_what_acts_for_real_is_refused(own: Own, text: str, message: str) -> None:
    assert sentences_of(acts_for_real(own(text))) == [message]


def test_json_and_modules_are_read_too(own: Own) -> None:
    json = '{"resource": {"null_resource": {"x": {"provisioner": {"local-exec": {"command": "id"}}}}}}'
    files = {"a.tf.json": json, "main.tf": 'module "m" {\n  source = "./m"\n}', "m/x.tf": 'data "external" "x" {}'}

    assert [each.partition(": ")[0] for each in sentences_of(acts_for_real(own(files)))] == [
        "infra/a.tf.json:1:55",
        "infra/m/x.tf:1:1",
    ]


WRITES = "a rehearsal writes files only to the stack's folder, and no Terraform files; check {0}; got {1}; write {0} = "
WRITES += '"${{path.module}}/NAME", or pass --allow-provider {2}'


@pytest.mark.parametrize(
    "path",
    [
        '"/etc/cron.d/x"',
        '"~/.bashrc"',
        '"../x"',
        '"${path.module}/a/../../x"',
        '"${path.cwd}/x"',
        '"${var.folder}/x"',
        "var.path",
        '"${path.module}/next.tf"',
        '"next.tf.json"',
        '".terraform/x"',
        '"C:\\\\x"',
    ],
)
def test_files_outside_of_the_folder_are_not_written(own: Own, path: str) -> None:
    file = f'resource "local_file" "x" {{\n  filename = {path}\n}}\n'
    sensitive = f'resource "local_sensitive_file" "x" {{\n  filename = {path}\n}}\n'
    archive = f'data "archive_file" "x" {{\n  output_path = {path}\n}}\n'

    assert sentences_of(acts_for_real(own(file + sensitive + archive))) == [
        "infra/main.tf:2:3: " + WRITES.format("filename", 'resource "local_file" "x"', "local"),
        "infra/main.tf:5:3: " + WRITES.format("filename", 'resource "local_sensitive_file" "x"', "local"),
        "infra/main.tf:8:3: " + WRITES.format("output_path", 'data "archive_file" "x"', "archive"),
    ]
    assert [*acts_for_real(own(file + sensitive + archive), ("local", "hashicorp/archive"))] == []


@pytest.mark.parametrize("path", ["a.json", "${path.module}/build/a.zip", "${path.root}/tfx.json"])
def test_files_in_the_folder_are_written_and_others_read(own: Own, path: str) -> None:
    text = (
        f'resource "local_file" "x" {{\n  filename = "{path}"\n}}\ndata "local_file" "y" {{\n  filename = "/etc/x"\n}}'
    )
    json = f'{{"resource": {{"local_file": {{"z": {{"filename": "{path}"}}}}}}}}'

    assert [*acts_for_real(own({"main.tf": text, "other.tf.json": json}))] == []


def test_files_outside_of_the_folder_are_not_written_by_json(own: Own) -> None:
    json = (
        '{"resource": {"local_file": {"x": [{"filename": "/a"}, {"filename": "${path.cwd}/a"}, {"filename": ["a"]}]}}}'
    )

    assert [each.partition(": ")[0] for each in sentences_of(acts_for_real(own({"a.tf.json": json})))] == [
        "infra/a.tf.json:1:37",
        "infra/a.tf.json:1:57",
        "infra/a.tf.json:1:88",
    ]


@pytest.mark.parametrize(
    "before",
    [
        "locals {\n  x = <<EOT\n\u00a0EOT\n}",
        'locals {\n  x = "${<<EOT\n}" /* "\nEOT\n}"\n}',
        "locals {\n  x = <<EOT\n%{ if true }${<<EOT\n}\n/*\nEOT\n}%{ endif }\nEOT\n}",
    ],
)
def test_no_text_hides_what_follows_it(own: Own, before: str) -> None:
    after = '\nlocals {\n  y = <<EOT\n*/ "\nEOT\n}\n'
    text = f'{before}\nresource "terraform_data" "x" {{\n  provisioner "local-exec" {{}}\n}}{after}'

    found = own(text)
    assert found.problems == ()
    assert len([*acts_for_real(found)]) == 1


def test_all_modules_are_read(own: Own) -> None:
    calls = "\n".join(f'module "m{number}" {{\n  source = "./m{number}"\n}}' for number in range(250))
    files = {f"m{number}/a.tf": 'data "external" "x" {}' for number in range(250)}

    (message,) = {
        message.partition(": ")[2] for message in sentences_of(acts_for_real(own({"main.tf": calls, **files})))
    }
    assert message == FOREIGN.format("hashicorp/external", "external")
    assert len([*acts_for_real(own({"main.tf": calls, **files}))]) == 250


def test_providers_are_allowed_by_name_or_source(own: Own) -> None:
    text = 'terraform {\n  required_providers {\n    cf = { source = "cloudflare/cloudflare" }\n  }\n}'
    found = own(f'{text}\nresource "cf_record" "x" {{}}\n')

    assert [*acts_for_real(found, ("cf",))] == []
    assert [*acts_for_real(found, ("cloudflare/cloudflare",))] == []


def test_the_providers_of_hashicorp_without_effects_outside_are_run(own: Own) -> None:
    names = ("aws_vpc", "random_id", "tls_private_key", "time_static", "null_resource", "local_file", "terraform_data")
    text = "\n".join(f'resource "{name}" "x" {{}}' for name in names) + '\ndata "archive_file" "x" {}'

    assert [*acts_for_real(own(text))] == []
