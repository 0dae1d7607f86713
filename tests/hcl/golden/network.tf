# The VPC, with a comment so long that it takes more than one line of a hundred columns above it.
resource "aws_vpc" "main" {
  cidr_block           = "10.0.0.0/16"
  enable_dns_hostnames = true

  tags = {
    Name    = "shop-prod"
    "größe" = "groß"
  }
}

resource "aws_subnet" "public_0" {
  vpc_id            = aws_vpc.main.id
  cidr_block        = cidrsubnet(aws_vpc.main.cidr_block, 8, 0)
  availability_zone = element(["eu-west-1a", "eu-west-1b"], 0)

  tags = {
    Name                 = "public 0"
    "kubernetes.io/role" = "elb"
  }
}

resource "aws_default_security_group" "closed" {
  vpc_id  = aws_vpc.main.id
  egress  = []
  ingress = []
}

resource "aws_subnet" "public_1" {
  vpc_id            = aws_vpc.main.id
  cidr_block        = cidrsubnet(aws_vpc.main.cidr_block, 8, 1)
  availability_zone = element(["eu-west-1a", "eu-west-1b"], 1)

  tags = {
    Name                 = "public 1"
    "kubernetes.io/role" = "elb"
  }
}
