"""The AWS names of one environment."""

from __future__ import annotations

from dataclasses import dataclass

from stacks.naming.limits import LOAD_BALANCER_LIMIT, ROLE_LIMIT, shortened
from stacks.naming.resources import ResourceNames
from stacks.naming.services import ServiceNames


@dataclass(frozen=True)
class Names(ServiceNames, ResourceNames):
    """The names of one environment of a project: of its services, its resources, and what they share.

    Names of a service's resources start with the stack where they must be unique in the account or the region. The
    names of shared security groups are never those of a service, because `load-balancer` and `endpoints` are reserved.

    A name without `shortened` has at most 41 characters of its own for the environment.
    """

    @property
    def cluster(self) -> str:
        """ECS cluster: 255 characters of letters, digits, `-` and `_`."""
        return f"web-cluster-{self.stack}"

    @property
    def load_balancer(self) -> str:
        """Load balancer: 32 letters, digits and dashes, unique in the region, never starting with `internal-`."""
        return shortened(f"alb-{self.stack}", LOAD_BALANCER_LIMIT)

    @property
    def load_balancer_security_group(self) -> str:
        """Security group: 255 characters, unique in the VPC, never starting with `sg-`."""
        return f"load-balancer-{self.stack}"

    @property
    def network_load_balancer(self) -> str:
        """Network load balancer: as the load balancer's."""
        return shortened(f"nlb-{self.stack}", LOAD_BALANCER_LIMIT)

    @property
    def network_load_balancer_security_group(self) -> str:
        """Security group of the network load balancer; no service can have so long a name."""
        return f"network-load-balancer-{self.stack}"

    @property
    def endpoint_security_group(self) -> str:
        """Security group of the interface endpoints."""
        return f"endpoints-{self.stack}"

    @property
    def namespace(self) -> str:
        """Cloud Map namespace of Service Connect: 1024 characters, unique in the account and region."""
        return self.stack

    @property
    def flow_log_group(self) -> str:
        """Log group: 512 characters."""
        return f"/aws/vpc/{self.stack}/flow-logs"

    @property
    def flow_log_role(self) -> str:
        """IAM role: 64 characters, unique in the account."""
        return shortened(f"{self.stack}-flow-logs", ROLE_LIMIT)

    @property
    def exec_log_group(self) -> str:
        """Log group of ECS Exec sessions."""
        return f"/aws/ecs/{self.stack}/exec"

    @property
    def waf(self) -> str:
        """WAFv2 web ACL: 128 letters, digits, `-` and `_`."""
        return self.stack

    @property
    def waf_log_group(self) -> str:
        """Log group of the web ACL; WAF requires the `aws-waf-logs-` prefix."""
        return f"aws-waf-logs-{self.stack}"

    @property
    def alarm_topic(self) -> str:
        """SNS topic: 256 letters, digits, `-` and `_`."""
        return f"{self.stack}-alarms"

    @property
    def key_alias(self) -> str:
        """KMS alias: 256 characters after `alias/`."""
        return f"alias/{self.stack}"

    @property
    def alarm_key_alias(self) -> str:
        """KMS alias of the alarm topic's own key."""
        return f"alias/{self.stack}-alarms"

    def access_log_bucket(self, account_id: str) -> str:
        """S3 bucket: 63 lower-case letters, digits and dashes, globally unique.

        9 characters before, 41 of the stack's, a dash and 12 digits make exactly 63; The prefix
        `alb-logs-` avoids every prefix that S3 reserves. `account_id` may be a Terraform expression for the 12 digits.
        """
        return f"alb-logs-{self.stack}-{account_id}"
