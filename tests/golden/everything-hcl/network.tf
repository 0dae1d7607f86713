resource "aws_vpc" "main" {
  cidr_block           = "10.40.0.0/16"
  enable_dns_hostnames = true
  enable_dns_support   = true

  tags = {
    Name = "everything-prod"
  }
}

# Without rules, so a resource that specifies no security group has no network access.
resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.main.id

  tags = {
    Name = "everything-prod-default-closed"
  }
}

# Does not filter by zone state, so that an outage does not move the subnets.
data "aws_availability_zones" "available" {
  filter {
    name   = "zone-id"
    values = ["euc1-az1", "euc1-az2", "euc1-az3"]
  }
}

resource "aws_subnet" "public_0" {
  vpc_id            = aws_vpc.main.id
  cidr_block        = "10.40.0.0/20"
  availability_zone = data.aws_availability_zones.available.names[0]

  tags = {
    Name = "everything-prod-public-0"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_subnet" "public_1" {
  vpc_id            = aws_vpc.main.id
  cidr_block        = "10.40.16.0/20"
  availability_zone = data.aws_availability_zones.available.names[1]

  tags = {
    Name = "everything-prod-public-1"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_subnet" "public_2" {
  vpc_id            = aws_vpc.main.id
  cidr_block        = "10.40.32.0/20"
  availability_zone = data.aws_availability_zones.available.names[2]

  tags = {
    Name = "everything-prod-public-2"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_subnet" "private_0" {
  vpc_id            = aws_vpc.main.id
  cidr_block        = "10.40.128.0/20"
  availability_zone = data.aws_availability_zones.available.names[0]

  tags = {
    Name = "everything-prod-private-0"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_subnet" "private_1" {
  vpc_id            = aws_vpc.main.id
  cidr_block        = "10.40.144.0/20"
  availability_zone = data.aws_availability_zones.available.names[1]

  tags = {
    Name = "everything-prod-private-1"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_subnet" "private_2" {
  vpc_id            = aws_vpc.main.id
  cidr_block        = "10.40.160.0/20"
  availability_zone = data.aws_availability_zones.available.names[2]

  tags = {
    Name = "everything-prod-private-2"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id

  tags = {
    Name = "everything-prod"
  }
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.main.id

  tags = {
    Name = "everything-prod-public"
  }
}

resource "aws_route_table_association" "public_0" {
  subnet_id      = aws_subnet.public_0.id
  route_table_id = aws_route_table.public.id
}

resource "aws_route_table_association" "public_1" {
  subnet_id      = aws_subnet.public_1.id
  route_table_id = aws_route_table.public.id
}

resource "aws_route_table_association" "public_2" {
  subnet_id      = aws_subnet.public_2.id
  route_table_id = aws_route_table.public.id
}

resource "aws_route" "internet" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.main.id
}

resource "aws_route_table" "private_0" {
  vpc_id = aws_vpc.main.id

  tags = {
    Name = "everything-prod-private-0"
  }
}

resource "aws_route_table_association" "private_0" {
  subnet_id      = aws_subnet.private_0.id
  route_table_id = aws_route_table.private_0.id
}

resource "aws_route_table" "private_1" {
  vpc_id = aws_vpc.main.id

  tags = {
    Name = "everything-prod-private-1"
  }
}

resource "aws_route_table_association" "private_1" {
  subnet_id      = aws_subnet.private_1.id
  route_table_id = aws_route_table.private_1.id
}

resource "aws_route_table" "private_2" {
  vpc_id = aws_vpc.main.id

  tags = {
    Name = "everything-prod-private-2"
  }
}

resource "aws_route_table_association" "private_2" {
  subnet_id      = aws_subnet.private_2.id
  route_table_id = aws_route_table.private_2.id
}

resource "aws_eip" "nat_0" {
  domain = "vpc"

  tags = {
    Name = "everything-prod-nat-0"
  }
}

resource "aws_nat_gateway" "nat_0" {
  subnet_id     = aws_subnet.public_0.id
  allocation_id = aws_eip.nat_0.id

  tags = {
    Name = "everything-prod-nat-0"
  }

  depends_on = [aws_route.internet, aws_route_table_association.public_0]
}

resource "aws_eip" "nat_1" {
  domain = "vpc"

  tags = {
    Name = "everything-prod-nat-1"
  }
}

resource "aws_nat_gateway" "nat_1" {
  subnet_id     = aws_subnet.public_1.id
  allocation_id = aws_eip.nat_1.id

  tags = {
    Name = "everything-prod-nat-1"
  }

  depends_on = [aws_route.internet, aws_route_table_association.public_1]
}

resource "aws_eip" "nat_2" {
  domain = "vpc"

  tags = {
    Name = "everything-prod-nat-2"
  }
}

resource "aws_nat_gateway" "nat_2" {
  subnet_id     = aws_subnet.public_2.id
  allocation_id = aws_eip.nat_2.id

  tags = {
    Name = "everything-prod-nat-2"
  }

  depends_on = [aws_route.internet, aws_route_table_association.public_2]
}

resource "aws_route" "private_0" {
  route_table_id         = aws_route_table.private_0.id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.nat_0.id
}

resource "aws_route" "private_1" {
  route_table_id         = aws_route_table.private_1.id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.nat_1.id
}

resource "aws_route" "private_2" {
  route_table_id         = aws_route_table.private_2.id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.nat_2.id
}

resource "aws_security_group" "endpoints" {
  name        = "endpoints-everything-prod"
  description = "Interface endpoints of AWS services"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "endpoints-everything-prod"
  }
}

resource "aws_vpc_security_group_ingress_rule" "endpoints_vpc" {
  description       = "AWS APIs from inside the VPC"
  security_group_id = aws_security_group.endpoints.id
  cidr_ipv4         = "10.40.0.0/16"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.main.id
  service_name      = "com.amazonaws.eu-central-1.s3"
  vpc_endpoint_type = "Gateway"

  route_table_ids = [
    aws_route_table.private_0.id,
    aws_route_table.private_1.id,
    aws_route_table.private_2.id,
  ]

  tags = {
    Name = "everything-prod-s3"
  }
}

resource "aws_vpc_endpoint" "dynamodb" {
  vpc_id            = aws_vpc.main.id
  service_name      = "com.amazonaws.eu-central-1.dynamodb"
  vpc_endpoint_type = "Gateway"

  route_table_ids = [
    aws_route_table.private_0.id,
    aws_route_table.private_1.id,
    aws_route_table.private_2.id,
  ]

  tags = {
    Name = "everything-prod-dynamodb"
  }
}

resource "aws_vpc_endpoint" "ecr_api" {
  vpc_id              = aws_vpc.main.id
  service_name        = "com.amazonaws.eu-central-1.ecr.api"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  security_group_ids  = [aws_security_group.endpoints.id]
  subnet_ids          = [aws_subnet.private_0.id, aws_subnet.private_1.id, aws_subnet.private_2.id]

  tags = {
    Name = "everything-prod-ecr.api"
  }

  depends_on = [aws_vpc_security_group_ingress_rule.endpoints_vpc]
}

resource "aws_vpc_endpoint" "ecr_dkr" {
  vpc_id              = aws_vpc.main.id
  service_name        = "com.amazonaws.eu-central-1.ecr.dkr"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  security_group_ids  = [aws_security_group.endpoints.id]
  subnet_ids          = [aws_subnet.private_0.id, aws_subnet.private_1.id, aws_subnet.private_2.id]

  tags = {
    Name = "everything-prod-ecr.dkr"
  }

  depends_on = [aws_vpc_security_group_ingress_rule.endpoints_vpc]
}

resource "aws_vpc_endpoint" "logs" {
  vpc_id              = aws_vpc.main.id
  service_name        = "com.amazonaws.eu-central-1.logs"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  security_group_ids  = [aws_security_group.endpoints.id]
  subnet_ids          = [aws_subnet.private_0.id, aws_subnet.private_1.id, aws_subnet.private_2.id]

  tags = {
    Name = "everything-prod-logs"
  }

  depends_on = [aws_vpc_security_group_ingress_rule.endpoints_vpc]
}

resource "aws_cloudwatch_log_group" "flow_logs" {
  name              = "/aws/vpc/everything-prod/flow-logs"
  kms_key_id        = aws_kms_key.main.arn
  retention_in_days = 30

  tags = {
    Name = "/aws/vpc/everything-prod/flow-logs"
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_iam_role" "flow_logs" {
  name                 = "everything-prod-flow-logs"
  description          = "Writes the VPC flow logs of everything-prod"
  permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "vpc-flow-logs.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        ArnLike = {
          "aws:SourceArn" = "arn:${data.aws_partition.current.partition}:ec2:eu-central-1:${data.aws_caller_identity.current.account_id}:vpc-flow-log/*"
        }
        StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id }
      }
    }]
  })

  tags = {
    Name = "everything-prod-flow-logs"
  }
}

resource "aws_iam_role_policy" "flow_logs" {
  name = "permissions"
  role = aws_iam_role.flow_logs.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "WriteFlowLogs"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
      Resource = ["${aws_cloudwatch_log_group.flow_logs.arn}:*"]
    }]
  })
}

resource "aws_flow_log" "main" {
  vpc_id          = aws_vpc.main.id
  iam_role_arn    = aws_iam_role.flow_logs.arn
  log_destination = aws_cloudwatch_log_group.flow_logs.arn
  traffic_type    = "ALL"

  tags = {
    Name = "everything-prod"
  }
}
