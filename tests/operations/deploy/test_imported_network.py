"""What an existing VPC needs, in moto's EC2."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from cli.sentences import sentence
from operations.deploy.imported_network import network_problems
from stacks.errors import AwsError
from stacks.project import Selection, load
from stacks.project.models import Project

REGION = "eu-west-1"
WEB = "web: {image: nginx, port: 80%s}"
WORKER = "mailer: {type: worker}"
MakeProject = Callable[..., Project]


class Vpc:
    """A VPC in moto; `subnet("a")` creates a subnet in zone eu-west-1a and returns its ID."""

    def __init__(self) -> None:
        self.session = boto3.Session(region_name=REGION)
        self._ec2 = self.session.client("ec2")
        self._second = 0
        self.id: str = self._ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]

    def subnet(self, zone: str, size: int = 24) -> str:
        self._second += 1
        made = self._ec2.create_subnet(
            VpcId=self.id, CidrBlock=f"10.0.{self._second}.0/{size}", AvailabilityZone=f"{REGION}{zone}"
        )
        subnet_id: str = made["Subnet"]["SubnetId"]
        return subnet_id


@pytest.fixture
def vpc(monkeypatch: pytest.MonkeyPatch) -> Iterator[Vpc]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    with mock_aws():
        yield Vpc()


@pytest.fixture
def project(tmp_path: Path, vpc: Vpc) -> MakeProject:
    def make(public: list[str], private: list[str], services: str = WEB % "", balancer: str = "{}") -> Project:
        file = tmp_path / "ecsforge.yaml"
        file.write_text(
            f"project_id: shop\nregion: {REGION}\nenvironments: {{dev: {{}}}}\nload_balancer: {balancer}\n"
            f"network: {{vpc_id: {vpc.id}, public_subnet_ids: {public}, private_subnet_ids: {private}}}\n"
            f"services: {{{services}}}\n"
        )
        return load(Selection(file=file, env="dev")).projects[0]

    return make


def problems(project: Project, vpc: Vpc, *, deployed: bool = False) -> list[str]:
    return [sentence(each) for each in network_problems(project, vpc.session, deployed=deployed)]


def test_a_network_that_fits_has_no_problems(vpc: Vpc, project: MakeProject) -> None:
    made = project([vpc.subnet("a"), vpc.subnet("b", 27)], [vpc.subnet("a", 28), vpc.subnet("b", 28)])

    assert problems(made, vpc) == []


def test_a_load_balancer_takes_one_subnet_per_zone(vpc: Vpc, project: MakeProject) -> None:
    first, second, third = vpc.subnet("a"), vpc.subnet("a"), vpc.subnet("b")
    made = project([first, second, third], [vpc.subnet("a"), vpc.subnet("b")])

    expected = [
        "network.public_subnet_ids: a load balancer takes one subnet per zone; "
        f"got {first} and {second} in eu-west-1a; keep one of them in `public_subnet_ids`"
    ]
    assert problems(made, vpc) == problems(made, vpc, deployed=True) == expected


def test_an_internal_load_balancer_uses_the_private_subnets(vpc: Vpc, project: MakeProject) -> None:
    first, second = vpc.subnet("a"), vpc.subnet("a")
    made = project([vpc.subnet("a"), vpc.subnet("b")], [first, second], balancer="{internal: true}")

    assert problems(made, vpc) == [
        "network.private_subnet_ids: a load balancer takes one subnet per zone; "
        f"got {first} and {second} in eu-west-1a; keep one of them in `private_subnet_ids`",
        "network.private_subnet_ids: a load balancer needs subnets in two zones; got eu-west-1a; "
        "add a subnet in another zone to `private_subnet_ids`",
    ]


def test_a_file_system_takes_one_subnet_per_zone(vpc: Vpc, project: MakeProject) -> None:
    first, second = vpc.subnet("a"), vpc.subnet("a")
    volumes = "mailer: {type: worker, volumes: {data: {path: /data}}}"
    made = project([vpc.subnet("a"), vpc.subnet("b")], [first, second], volumes)

    assert problems(made, vpc) == [
        "network.private_subnet_ids: a file system takes one subnet per zone; "
        f"got {first} and {second} in eu-west-1a; keep one of them in `private_subnet_ids`"
    ]


def test_tasks_may_use_several_subnets_of_a_zone(vpc: Vpc, project: MakeProject) -> None:
    made = project([vpc.subnet("a"), vpc.subnet("a")], [vpc.subnet("b"), vpc.subnet("b")], WORKER)

    assert problems(made, vpc) == []


def test_a_subnet_of_another_vpc_is_a_problem(vpc: Vpc, project: MakeProject) -> None:
    other = Vpc()
    foreign = other.subnet("b")
    made = project([vpc.subnet("a"), foreign], [vpc.subnet("a"), vpc.subnet("b")])

    assert problems(made, vpc) == [
        f"network.subnet_ids: the subnet is not in {vpc.id}; got {foreign} in {other.id}; write a subnet of {vpc.id}"
    ]


def test_a_subnet_that_does_not_exist_is_a_problem(vpc: Vpc, project: MakeProject) -> None:
    made = project([vpc.subnet("a"), "subnet-0123456789abcdef0"], [vpc.subnet("a"), vpc.subnet("b")])

    (text,) = problems(made, vpc)
    assert text.startswith("network.subnet_ids: a subnet does not exist; got InvalidSubnetID.NotFound: ")
    assert text.endswith(f"; write the IDs of subnets of {vpc.id} in {REGION}")


def test_a_small_subnet_is_a_problem_before_the_first_deploy(vpc: Vpc, project: MakeProject) -> None:
    small = vpc.subnet("b", 28)
    made = project([vpc.subnet("a"), small], [vpc.subnet("a"), vpc.subnet("b")])

    assert problems(made, vpc) == [
        f"network.public_subnet_ids: a load balancer needs subnets of /27 or larger; got {small} with 10.0.1.0/28; "
        "write a larger subnet"
    ]
    assert problems(made, vpc, deployed=True) == []


def test_a_full_subnet_is_a_problem_before_the_first_deploy(
    vpc: Vpc, project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = vpc.subnet("b", 27)
    made = project([vpc.subnet("a"), full], [vpc.subnet("a"), vpc.subnet("b")])
    ec2 = vpc.session.client("ec2")
    for _ in range(20):
        ec2.create_network_interface(SubnetId=full)

    assert problems(made, vpc) == [
        f"network.public_subnet_ids: a load balancer needs 8 free addresses in each subnet; got {full} with 7; "
        "write another subnet, or free addresses in it"
    ]


def test_another_error_is_raised(vpc: Vpc, project: MakeProject, monkeypatch: pytest.MonkeyPatch) -> None:
    made = project([vpc.subnet("a"), vpc.subnet("b")], [vpc.subnet("a"), vpc.subnet("b")])
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    from botocore.client import BaseClient
    from botocore.exceptions import ClientError

    def refuse(self: BaseClient, operation: str, arguments: object) -> None:
        raise ClientError({"Error": {"Code": "UnauthorizedOperation", "Message": "no"}}, operation)

    monkeypatch.setattr(BaseClient, "_make_api_call", refuse)

    with pytest.raises(AwsError) as caught:
        network_problems(made, vpc.session, deployed=False)

    assert caught.value.codes == {"UnauthorizedOperation"}


def test_a_network_of_its_own_needs_no_check(vpc: Vpc, tmp_path: Path) -> None:
    file = tmp_path / "ecsforge.yaml"
    file.write_text(f"project_id: shop\nregion: {REGION}\nenvironments: {{dev: {{}}}}\nservices: {{{WORKER}}}\n")

    assert problems(load(Selection(file=file, env="dev")).projects[0], vpc) == []
