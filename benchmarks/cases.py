"""What `make bench` measures, case by case. Cases of one group and name are compared with each other.

Peers write one environment in the format of their own: JSON of Terraform, or CloudFormation templates for AWS CDK.
"""

from __future__ import annotations

from benchmarks import ecsforge, over_terraform, peers, release
from benchmarks.peers import PEERS
from benchmarks.results import ECSFORGE
from benchmarks.workplace import Case

MINUTE = 60.0
TERRAFORM = "terraform"
BOTO3 = "boto3"

CASES = (
    Case("synth", "1 service", ECSFORGE, ecsforge.synth(1)),
    *(Case("synth", "1 service", peer.name, peers.synth(peer, 1)) for peer in PEERS),
    Case("synth", "10 services", ECSFORGE, ecsforge.synth(10)),
    *(Case("synth", "10 services", peer.name, peers.synth(peer, 10)) for peer in PEERS),
    Case("synth", "100 services", ECSFORGE, ecsforge.synth(100)),
    *(Case("synth", "100 services", peer.name, peers.synth(peer, 100), MINUTE) for peer in PEERS),
    Case("synth", "300 services", ECSFORGE, ecsforge.synth(300)),
    Case("synth", "1 service, first run on a machine", ECSFORGE, ecsforge.synth(1, first=True)),
    *(
        Case("synth", "1 service, first run on a machine", peer.name, peers.synth(peer, 1, first=True))
        for peer in PEERS
    ),
    Case("environments", "1 service, 10 environments", ECSFORGE, ecsforge.synth(1, 10)),
    Case("environments", "10 services, 10 environments", ECSFORGE, ecsforge.synth(10, 10)),
    Case("environments", "100 services, 10 environments", ECSFORGE, ecsforge.synth(100, 10)),
    Case("hcl", "1 service, HCL", ECSFORGE, ecsforge.synth(1, hcl=True)),
    Case("hcl", "10 services, HCL", ECSFORGE, ecsforge.synth(10, hcl=True)),
    Case("hcl", "100 services, HCL", ECSFORGE, ecsforge.synth(100, hcl=True)),
    Case("hcl", "300 services, HCL", ECSFORGE, ecsforge.synth(300, hcl=True)),
    Case("hcl", "10 services, 10 environments, HCL", ECSFORGE, ecsforge.synth(10, 10, hcl=True)),
    Case("hcl", "1 service, HCL, first run on a machine", ECSFORGE, ecsforge.synth(1, hcl=True, first=True)),
    Case("commands", "validate, 1 service", ECSFORGE, ecsforge.validate(1)),
    Case("commands", "validate, 300 services", ECSFORGE, ecsforge.validate(300)),
    Case("commands", "--help", ECSFORGE, ecsforge.show_help()),
    Case("terraform", "plan of a first deploy, one worker", ECSFORGE, over_terraform.ecsforge_plan),
    Case("terraform", "plan of a first deploy, one worker", TERRAFORM, over_terraform.terraform_plan),
    Case("terraform", "plan without changes, one worker", ECSFORGE, over_terraform.ecsforge_empty_plan),
    Case("terraform", "plan without changes, one worker", TERRAFORM, over_terraform.terraform_empty_plan),
    Case("terraform", "deploy, one worker", ECSFORGE, over_terraform.ecsforge_deploy),
    Case("terraform", "deploy, one worker", TERRAFORM, over_terraform.terraform_apply),
    Case("release", "release, one worker", ECSFORGE, release.ecsforge_release),
    Case("release", "release, one worker", BOTO3, release.boto3_release),
)

GROUPS = tuple(dict.fromkeys(case.group for case in CASES))
