from __future__ import annotations

import os
from pathlib import Path

import pytest

from stacks.infra import OwnTerraform, read_own_terraform
from stacks.infra.refused import refused
from tests.stacks.infra.conftest import Own, sentences_of


def problems(own: OwnTerraform) -> list[str]:
    return sentences_of((*own.problems, *refused(own)))


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("override.tf", "infra/override.tf: an override file can't be in this folder, because it changes what ecsforge "
         "generates; move its blocks to a file with another name"),
        ("db_override.tf.json", "infra/db_override.tf.json: an override file can't be in this folder, because it "
         "changes what ecsforge generates; move its blocks to a file with another name"),
        ("modules/a/override.tf", "infra/modules/a/override.tf: an override file can't be in this folder, because it "
         "changes what ecsforge generates; move its blocks to a file with another name"),
        ("main.tofu", "infra/main.tofu: Terraform does not read this file, and OpenTofu reads it in place of another "
         "one; got main.tofu; rename it to end in .tf"),
        ("cdk.tf.json", "infra/cdk.tf.json: ecsforge writes a file of this name to each stack; got cdk.tf.json; rename "
         "it"),
        ("Providers.tf", "infra/Providers.tf: ecsforge writes a file of this name to each stack; got Providers.tf; "
         "rename it"),
        ("service_web.tf", "infra/service_web.tf: ecsforge writes a file of this name to each stack; got "
         "service_web.tf; rename it"),
        ("templates/a.tpl", "infra/templates: ecsforge writes a folder of this name to each stack; got templates; "
         "rename it"),
        ("terraform.d/plugins/x/y", "infra/terraform.d: Terraform installs the providers in this folder without a "
         "check; got terraform.d; remove it; providers come from a registry, or from a mirror of the machine"),
        ("terraform.tfstate", "infra/terraform.tfstate: a state or plan file can't be in this folder; move it out of "
         "this folder; the state of the stack is where the field state says"),
        ("a.tfstate.backup", "infra/a.tfstate.backup: a state or plan file can't be in this folder; move it out of "
         "this folder; the state of the stack is where the field state says"),
    ],
)  # fmt: skip
def test_files_that_would_change_the_stack_are_refused(own: Own, path: str, message: str) -> None:
    assert problems(own({path: "{}" if path.endswith(".json") else ""}))[:1] == [message]


def test_symbolic_links_are_refused(own: Own, tmp_path: Path) -> None:
    own("")
    (tmp_path / "infra" / "link.tf").symlink_to("/etc/hostname")
    (tmp_path / "infra" / "folder").symlink_to("..")

    assert problems(read_own_terraform(Path(), "infra")) == [
        "infra/folder: symbolic links are not copied into a stack; got ..; copy the file, or remove the link",
        "infra/link.tf: symbolic links are not copied into a stack; got /etc/hostname; copy the file, or remove the "
        "link",
    ]


def test_a_pipe_is_refused(own: Own, tmp_path: Path) -> None:
    own("")
    os.mkfifo(tmp_path / "infra" / "pipe.tf")

    assert problems(read_own_terraform(Path(), "infra")) == ["infra/pipe.tf: this is not a file or a folder; remove it"]


def test_names_that_a_terminal_would_interpret_are_refused(own: Own, tmp_path: Path) -> None:
    own("")
    (tmp_path / "infra" / "a\x1b[2J.tf").write_text("", "utf-8")
    Path(os.fsdecode(os.fsencode(tmp_path / "infra") + b"/\xff.txt")).write_text("", "utf-8")

    what = "the name of a file can't have control characters, or bytes that are not UTF-8"
    assert problems(read_own_terraform(Path(), "infra")) == [
        f"infra: {what}; got a\\x1b[2J.tf; rename it",
        f"infra: {what}; got \\udcff.txt; rename it",
    ]


@pytest.mark.parametrize("text", ["a {" * 5000, 'x = "' + '${"' * 5000, "x = " + "[" * 5000])
def test_deep_nesting_is_an_error_with_a_position(own: Own, text: str) -> None:
    (message,) = problems(own(text))
    assert message.startswith("infra/main.tf:1:")


def test_tests_are_left_out(own: Own) -> None:
    text = 'run "x" {\n  module {\n    source = "git::https://example.com/x"\n  }\n}\n'
    names = ("a.tftest.hcl", "tests/b.tftest.json", "c.TFTEST.HCL", "d.tofutest.hcl", "e.tfmock.hcl", "f.tfquery.hcl")
    found = own({"main.tf": "", "tests/setup/main.tf": "", **dict.fromkeys(names, text)})

    assert (found.files.paths, problems(found)) == (("main.tf", "tests/setup/main.tf"), [])


def test_hidden_files_are_left_out(own: Own) -> None:
    found = own({"main.tf": "", ".terraform/providers/x": "", ".terraform.lock.hcl": "", ".git/config": ""})

    assert (found.files.paths, problems(found)) == (("main.tf",), [])


NATIVE_AND_JSON = {
    "backend": (
        'terraform {\n  backend "s3" {}\n}',
        '{"terraform": {"backend": {"s3": {}}}}',
        "a backend block can't be in this folder, because ecsforge writes the stack's settings; got backend \"s3\"; "
        "write the field state in the project file",
    ),
    "cloud": (
        "terraform {\n  cloud {}\n}",
        '{"terraform": {"cloud": {}}}',
        "a cloud block can't be in this folder, because ecsforge writes the stack's settings; write the field state in "
        "the project file",
    ),
    "encryption": (
        "terraform {\n  encryption {}\n}",
        '{"terraform": {"encryption": {}}}',
        "an encryption block can't be in this folder, because ecsforge writes the stack's settings; remove it",
    ),
    "alias": (
        'provider "aws" {\n  region = "us-east-1"\n}',
        '{"provider": {"aws": {"region": "us-east-1"}}}',
        'provider "aws" needs an alias, because ecsforge configures the default AWS provider; add an alias, such as '
        'alias = "west", and use it as aws.west',
    ),
    "access_key": (
        'provider "aws" {\n  alias = "a"\n  access_key = "x"\n}',
        '{"provider": {"aws": [{"alias": "b", "access_key": "x"}]}}',
        "a provider can't have access_key in this folder; remove it; Terraform uses the credentials of the "
        "environment, or write assume_role",
    ),
    "endpoints": (
        'provider "aws" {\n  alias = "a"\n  endpoints {\n    s3 = "http://x"\n  }\n}',
        '{"provider": {"aws": {"alias": "b", "endpoints": [{"s3": "http://x"}]}}}',
        "a provider can't have endpoints in this folder; remove it",
    ),
    "registry module": (
        'module "m" {\n  source = "terraform-aws-modules/vpc/aws"\n}',
        '{"module": {"n": {"source": "terraform-aws-modules/vpc/aws"}}}',
        "the source of a module must be a subfolder of this folder; got terraform-aws-modules/vpc/aws; copy the module "
        "to a subfolder, and write its path, such as ./modules/db",
    ),
    "module outside": (
        'module "m" {\n  source = "./../other"\n}',
        '{"module": {"n": {"source": "../other"}}}',
        "the source of a module must be a subfolder of this folder; got ",
    ),
    "computed source": (
        'module "m" {\n  source = "./${var.x}"\n}',
        '{"module": {"n": {"source": "./${var.x}"}}}',
        "the source of a module must be the path of a subfolder; copy the module to a subfolder, and write its path, "
        "such as ./modules/db",
    ),
    "computed provider": (
        'terraform {\n  required_providers {\n    random = { source = "evil/${"random"}" }\n  }\n}',
        '{"terraform": {"required_providers": {"random": {"source": ["evil/random"]}}}}',
        "random in required_providers must have its source and version as text, without expressions; for example "
        'random = { source = "hashicorp/random", version = "~> 1.0" }',
    ),
    "computed key": (
        'terraform {\n  required_providers {\n    random = { "sour${"ce"}" = "evil/random" }\n  }\n}',
        '{"terraform": {"required_providers": {"random": ["evil/random"]}}}',
        "random in required_providers must have its source and version as text, without expressions; for example "
        'random = { source = "hashicorp/random", version = "~> 1.0" }',
    ),
    "wrong source": (
        'terraform {\n  required_providers {\n    cf = { source = "https://a.b/c" }\n  }\n}',
        '{"terraform": {"required_providers": {"cf": {"source": "https://a.b/c"}}}}',
        "cf in required_providers must have a source such as organization/name; got https://a.b/c; for example "
        'cf = { source = "hashicorp/cf" }',
    ),
    "wrong version": (
        'terraform {\n  required_providers {\n    time = { source = "hashicorp/time", version = "latest" }\n  }\n}',
        '{"terraform": {"required_providers": {"time": {"source": "hashicorp/time", "version": "latest"}}}}',
        "time in required_providers must have a version constraint; got latest; for example "
        'time = { source = "hashicorp/time", version = "~> 1.0" }',
    ),
    "another aws": (
        'terraform {\n  required_providers {\n    aws = { source = "evil/aws" }\n  }\n}',
        '{"terraform": {"required_providers": {"aws": {"source": "evil/aws"}}}}',
        "provider aws must have the source hashicorp/aws, which the stack uses; got evil/aws; choose another name for "
        "this provider",
    ),
}


@pytest.mark.parametrize("name", NATIVE_AND_JSON)
def test_settings_are_refused_in_both_syntaxes(own: Own, name: str) -> None:
    native, json, message = NATIVE_AND_JSON[name]

    found = problems(own({"main.tf": native, "other.tf.json": json}))

    files = [each.partition(":")[0] for each in found]
    assert files == ["infra/main.tf", "infra/other.tf.json"]
    assert all(each.partition(": ")[2].startswith(message) for each in found)


def test_a_renamed_aws_provider_is_one_too(own: Own) -> None:
    text = 'terraform {\n  required_providers {\n    x = { source = "hashicorp/aws" }\n  }\n}\nprovider "x" {}\n'

    assert problems(own(text)) == [
        'infra/main.tf:6:1: provider "x" needs an alias, because ecsforge configures the default AWS provider; add an '
        'alias, such as alias = "west", and use it as aws.west'
    ]


def test_modules_in_subfolders_are_read_too(own: Own) -> None:
    files = {"main.tf": 'module "m" {\n  source = "./m"\n}', "m/main.tf": 'provider "aws" {}\n', "unused/a.tf": "x ="}

    assert problems(own(files)) == [
        'infra/m/main.tf:1:1: provider "aws" needs an alias, because ecsforge configures the default AWS provider; add '
        'an alias, such as alias = "west", and use it as aws.west'
    ]


def test_a_module_without_a_folder_is_refused(own: Own) -> None:
    assert problems(own('module "m" {\n  source = "./m"\n}')) == [
        "infra/main.tf:2:3: the folder of this module does not exist; got ./m; check the path"
    ]


def test_files_that_are_not_valid_have_a_position(own: Own, tmp_path: Path) -> None:
    own({"a.tf": "x = [", "b.tf.json": "{"})
    (tmp_path / "infra" / "c.tf").write_bytes("# \u00e9\nx = ".encode() + b"\xff")

    assert problems(read_own_terraform(Path(), "infra")) == [
        "infra/a.tf:1:6: not valid HCL: missing ]; correct the syntax",
        "infra/b.tf.json:1:2: not valid JSON: expected a key in quotes; correct the syntax",
        "infra/c.tf:2:5: a Terraform file must be text in UTF-8; save it as UTF-8",
    ]


def test_a_name_is_declared_once(own: Own) -> None:
    files = {
        "a.tf": 'resource "aws_vpc" "x" {}\nlocals {\n  x = 1\n}\nvariable "x" {}\n',
        "b.tf": 'resource "aws_vpc" "x" {}\nlocals {\n  x = 1\n}\noutput "x" {}\n',
    }

    assert problems(own(files)) == [
        "infra/b.tf:1:1: aws_vpc.x is already declared at infra/a.tf:1:1; rename or remove one of them",
        "infra/b.tf:3:3: local.x is already declared at infra/a.tf:3:3; rename or remove one of them",
    ]


def test_blocks_have_their_labels(own: Own) -> None:
    text = 'resource "aws_vpc" {}\noutput {}\nmodule "a" "b" {}\nlocals "x" {}\nephemeral "a" "b" {}\n'

    assert problems(own({"a.tf": text, "b.tf.json": '{"resource": {"aws_vpc": {}}, "output": {}}'})) == [
        "infra/a.tf:3:1: a module needs a source; add source = with the path of a subfolder",
        'infra/a.tf:1:1: a resource block must have two labels; got 1; write resource "TYPE" "NAME" {',
        'infra/a.tf:2:1: an output block must have one label; got none; write output "NAME" {',
        'infra/a.tf:3:1: a module block must have one label; got 2; write module "NAME" {',
        "infra/a.tf:4:1: a locals block must have no labels; got 1; write locals {",
    ]


def test_a_provider_is_configured_once(own: Own) -> None:
    text = 'provider "random" {}\nprovider "local" {}\nprovider "aws" {\n  alias = "a"\n}\n'
    again = 'provider "random" {}\nprovider "aws" {\n  alias = "a"\n}\nprovider "aws" {\n  alias = "b"\n}\n'
    module = 'check "x" {}\nprovider "local" {}\n'
    found = own({"a.tf": text, "b.tf": again, "c.tf": 'module "m" {\n  source = "./m"\n}\n', "m/m.tf": module})

    assert problems(found) == [
        "infra/b.tf:1:1: provider.random is already declared at infra/a.tf:1:1; rename or remove one of them",
        "infra/b.tf:2:1: provider.aws.a is already declared at infra/a.tf:3:1; rename or remove one of them",
        'infra/a.tf:2:1: the stack already has the provider "local"; remove it; the provider has no settings',
    ]


def test_ordinary_terraform_is_accepted(own: Own) -> None:
    text = """
    terraform {
      required_version = ">= 1.5"
      required_providers {
        aws    = { source = "registry.terraform.io/hashicorp/aws", version = ">= 5.60" }
        random = "~> 3.0"
      }
    }
    provider "aws" {
      alias  = "us"
      region = "us-east-1"
      assume_role {
        role_arn = "arn:aws:iam::123456789012:role/x"
      }
    }
    import {
      to = aws_s3_bucket.old
      id = "old"
    }
    moved {
      from = aws_s3_bucket.a
      to   = aws_s3_bucket.b
    }
    """
    found = own(text)

    assert problems(found) == []
    assert {name: (each.source, each.version) for name, each in found.providers.items()} == {
        "aws": ("hashicorp/aws", ">= 5.60"),
        "random": ("hashicorp/random", "~> 3.0"),
    }
