"""The versions that the workflow uses: actions by commit, as tags can be moved.

All of them run on Node.js 24. The commits are those of the tags in the repositories of the actions.
"""

from __future__ import annotations

CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1"
SETUP_PYTHON = "actions/setup-python@5fda3b95a4ea91299a34e894583c3862153e4b97 # v7.0.0"
SETUP_TERRAFORM = "hashicorp/setup-terraform@dfe3c3f87815947d99a8997f908cb6525fc44e9e # v4.0.1"
CREDENTIALS = "aws-actions/configure-aws-credentials@e6de054238d6b7531b4efff3b6587d9aade6a06c # v6.2.3"
ACTIONS = (CHECKOUT, SETUP_PYTHON, SETUP_TERRAFORM, CREDENTIALS)

PYTHON = "3.13"
TERRAFORM = "1.11.4"
RUNNER = "ubuntu-24.04"
