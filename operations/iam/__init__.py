"""Decides whether IAM policies allow a request, and which requests an API call needs.

`decide` evaluates identity policies, a resource or trust policy and a permissions boundary as AWS documents it;
`requests_of` maps an API call to the actions, resources and condition keys that AWS checks for it. Data only: nothing
here calls AWS.

No library serves: policyuniverse, parliament and cloudsplaining analyze policies but do not evaluate requests, PMapper
is no longer maintained, `@cloud-copilot/iam-simulate` is for Node.js, and moto ignores resources.
"""

from __future__ import annotations

from operations.iam.api_call import ApiCall
from operations.iam.calls import requests_of
from operations.iam.document import Condition, Policy, Statement, parse
from operations.iam.evaluate import Decision, Policies, decide
from operations.iam.request import Principal, Request

__all__ = [
    "ApiCall",
    "Condition",
    "Decision",
    "Policies",
    "Policy",
    "Principal",
    "Request",
    "Statement",
    "decide",
    "parse",
    "requests_of",
]
