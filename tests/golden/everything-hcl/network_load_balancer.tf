resource "aws_security_group" "network_load_balancer" {
  name        = "network-load-balancer-everything-prod"
  description = "Network load balancer: clients in, services out"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "network-load-balancer-everything-prod"
  }
}

resource "aws_lb" "network" {
  name                             = "nlb-everything-prod"
  enable_cross_zone_load_balancing = true
  enable_deletion_protection       = true
  internal                         = false
  load_balancer_type               = "network"
  security_groups                  = [aws_security_group.network_load_balancer.id]
  subnets                          = [aws_subnet.public_0.id, aws_subnet.public_1.id, aws_subnet.public_2.id]

  tags = {
    Name = "nlb-everything-prod"
  }

  depends_on = [aws_route.internet]
}

resource "aws_vpc_security_group_ingress_rule" "network_load_balancer_broker_198_51_100_0_24" {
  description       = "broker from 198.51.100.0/24"
  security_group_id = aws_security_group.network_load_balancer.id
  cidr_ipv4         = "198.51.100.0/24"
  ip_protocol       = "tcp"
  from_port         = 5671
  to_port           = 5671
}

resource "aws_vpc_security_group_ingress_rule" "network_load_balancer_broker_203_0_113_0_24" {
  description       = "broker from 203.0.113.0/24"
  security_group_id = aws_security_group.network_load_balancer.id
  cidr_ipv4         = "203.0.113.0/24"
  ip_protocol       = "tcp"
  from_port         = 5671
  to_port           = 5671
}

resource "aws_vpc_security_group_egress_rule" "network_load_balancer_broker_tasks" {
  description                  = "Tasks of broker"
  security_group_id            = aws_security_group.network_load_balancer.id
  referenced_security_group_id = aws_security_group.broker_tasks.id
  ip_protocol                  = "tcp"
  from_port                    = 5672
  to_port                      = 5672
}
