terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }
  }

  backend "local" {
    path = "../../../terraform.shop-prod.tfstate"
  }
}

provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["123456789012"]

  assume_role {
    role_arn     = "arn:aws:iam::123456789012:role/deploy"
    session_name = "ecsforge"
  }

  default_tags {
    tags = {
      Environment = "prod"
      Project     = "shop"
    }
  }
}

provider "aws" {
  alias  = "global"
  region = "us-east-1"
}
