terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }
  }

  backend "local" {
    path = "../../../terraform.built-shared.tfstate"
  }
}

provider "aws" {
  region              = "eu-central-1"
  allowed_account_ids = ["210987654321"]

  assume_role {
    role_arn     = "arn:aws:iam::210987654321:role/images"
    session_name = "ecsforge"
  }

  default_tags {
    tags = {
      Environment = "shared"
      ManagedBy   = "ecsforge"
      Project     = "built"
    }
  }
}
