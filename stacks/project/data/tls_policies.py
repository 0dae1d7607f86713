"""The TLS policies of application load balancers that accept only TLS 1.2 or later.

Source: the ELB User Guide, "Security policies for your Application Load Balancer", as of the policies of 2025-09.
"""

from __future__ import annotations

_OF_13 = ("1-3", "1-2", "1-2-Res", "1-2-Ext1", "1-2-Ext2")
_OF_FIPS = (*_OF_13, "1-2-Ext0")

TLS_POLICIES: tuple[str, ...] = (
    *(f"ELBSecurityPolicy-TLS13-{kind}-2021-06" for kind in _OF_13),
    *(f"ELBSecurityPolicy-TLS13-{kind}-PQ-2025-09" for kind in _OF_13),
    *(f"ELBSecurityPolicy-TLS13-{kind}-FIPS-2023-04" for kind in _OF_FIPS),
    *(f"ELBSecurityPolicy-TLS13-{kind}-FIPS-PQ-2025-09" for kind in _OF_FIPS),
    "ELBSecurityPolicy-TLS-1-2-2017-01",
    "ELBSecurityPolicy-TLS-1-2-Ext-2018-06",
    "ELBSecurityPolicy-FS-1-2-2019-08",
    "ELBSecurityPolicy-FS-1-2-Res-2019-08",
    "ELBSecurityPolicy-FS-1-2-Res-2020-10",
)
