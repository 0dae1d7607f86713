variable "broker_force_new_deployment" {
  type        = bool
  description = "Whether the next change restarts all tasks of broker. If false, Terraform replaces the service when its capacity changes."
  default     = false
}

locals {
  broker_task = {
    name               = "broker"
    family             = "broker-everything-prod"
    port               = 5672
    cpu                = 512
    memory             = 1024
    aws_region         = "eu-central-1"
    cpu_architecture   = "X86_64"
    ecs_execution_role = aws_iam_role.broker_execution.arn
    ecs_task_role      = aws_iam_role.broker_task.arn
    env                = "prod"
    image              = "public.ecr.aws/docker/library/rabbitmq:3.13"
    launch_type        = "FARGATE"
    log_group          = aws_cloudwatch_log_group.broker.name
    memory_reservation = 1024
    network_mode       = "awsvpc"
    project_id         = "everything"
    secrets            = []
    sidecars           = []
    task_options       = {}
    container_options  = { stopTimeout = 30 }
    environment        = [{ name = "PORT", value = "5672" }]
    port_mappings      = [{ protocol = "tcp", containerPort = 5672, hostPort = 5672 }]
  }

  broker_task_definition = templatefile(
    "${path.module}/templates/service.json.tpl",
    local.broker_task
  )
}

resource "aws_cloudwatch_log_group" "broker" {
  name              = "/aws/ecs/everything-prod/broker"
  kms_key_id        = aws_kms_key.main.arn
  retention_in_days = 30

  tags = {
    Name = "/aws/ecs/everything-prod/broker"
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_security_group" "broker_tasks" {
  name        = "broker-everything-prod"
  description = "Tasks of broker"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "broker-everything-prod"
  }
}

resource "aws_vpc_security_group_egress_rule" "broker_tasks_open" {
  description       = "Everything: egress is open"
  security_group_id = aws_security_group.broker_tasks.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

resource "aws_vpc_security_group_ingress_rule" "broker_tasks_load_balancer" {
  description                  = "The network load balancer"
  security_group_id            = aws_security_group.broker_tasks.id
  referenced_security_group_id = aws_security_group.network_load_balancer.id
  ip_protocol                  = "tcp"
  from_port                    = 5672
  to_port                      = 5672
}

# Port and protocol can't be changed in place. Both are part of the name, so the new target group
# can be created before this one is destroyed.
resource "aws_lb_target_group" "broker" {
  name                 = "everything-prod-broker-5672-tcp"
  vpc_id               = aws_vpc.main.id
  protocol             = "TCP"
  port                 = 5672
  deregistration_delay = "60"
  preserve_client_ip   = "true"
  target_type          = "ip"

  health_check {
    enabled             = true
    protocol            = "TCP"
    port                = "traffic-port"
    interval            = 30
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }

  tags = {
    Name = "everything-prod-broker-5672-tcp"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lb_listener" "broker_tcp" {
  load_balancer_arn = aws_lb.network.arn
  protocol          = "TLS"
  port              = 5671
  certificate_arn   = "arn:aws:acm:eu-central-1:123456789012:certificate/11111111-2222-3333-4444-555555555555"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.broker.arn
  }

  tags = {
    Name = "everything-prod-broker"
  }
}

resource "aws_lb_listener_certificate" "broker_tcp_99999999_2222_3333_4444_555555555555_51492f1d" {
  listener_arn    = aws_lb_listener.broker_tcp.arn
  certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/99999999-2222-3333-4444-555555555555"
}

resource "aws_iam_role" "broker_execution" {
  name                 = "everything-prod-broker-execution"
  description          = "Starts the tasks of broker of everything-prod"
  permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        ArnLike = {
          "aws:SourceArn" = "arn:${data.aws_partition.current.partition}:ecs:eu-central-1:${data.aws_caller_identity.current.account_id}:*"
        }
        StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id }
      }
    }]
  })

  tags = {
    Name = "everything-prod-broker-execution"
  }
}

resource "aws_iam_role" "broker_task" {
  name                 = "everything-prod-broker-task"
  description          = "What the containers may do in the tasks of broker of everything-prod"
  permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        ArnLike = {
          "aws:SourceArn" = "arn:${data.aws_partition.current.partition}:ecs:eu-central-1:${data.aws_caller_identity.current.account_id}:*"
        }
        StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id }
      }
    }]
  })

  tags = {
    Name = "everything-prod-broker-task"
  }
}

resource "aws_iam_role_policy" "broker_execution" {
  name = "permissions"
  role = aws_iam_role.broker_execution.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "WriteLogs"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = ["${aws_cloudwatch_log_group.broker.arn}:*"]
    }]
  })
}

# For CI pipelines: the input of `aws ecs register-task-definition --cli-input-json`.
resource "local_file" "broker_task_definition" {
  filename             = "${path.module}/task-definitions/prod/broker.latest.json"
  content              = local.broker_task_definition
  directory_permission = "0755"
  file_permission      = "0644"
}

# The template renders the whole task definition; only its container definitions are used here.
resource "aws_ecs_task_definition" "broker" {
  family                   = "broker-everything-prod"
  cpu                      = "512"
  memory                   = "1024"
  container_definitions    = jsonencode(jsondecode(local.broker_task_definition).containerDefinitions)
  execution_role_arn       = aws_iam_role.broker_execution.arn
  network_mode             = "awsvpc"
  skip_destroy             = true
  task_role_arn            = aws_iam_role.broker_task.arn
  requires_compatibilities = ["FARGATE"]

  runtime_platform {
    cpu_architecture        = "X86_64"
    operating_system_family = "LINUX"
  }

  tags = {
    Name = "broker-everything-prod"
  }
}

# Without force_new_deployment, a change of the capacity provider strategy replaces the service. The
# first tasks need what is in depends_on.
resource "aws_ecs_service" "broker" {
  name                               = "broker-service-everything-prod"
  cluster                            = aws_ecs_cluster.web_cluster.arn
  task_definition                    = aws_ecs_task_definition.broker.arn
  desired_count                      = 2
  availability_zone_rebalancing      = "ENABLED"
  deployment_maximum_percent         = 200
  deployment_minimum_healthy_percent = 100
  enable_ecs_managed_tags            = true
  enable_execute_command             = false
  force_new_deployment               = var.broker_force_new_deployment
  health_check_grace_period_seconds  = 60
  platform_version                   = "LATEST"
  propagate_tags                     = "SERVICE"

  capacity_provider_strategy {
    capacity_provider = "FARGATE"
    base              = 0
    weight            = 1
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  load_balancer {
    container_name   = "broker"
    container_port   = 5672
    target_group_arn = aws_lb_target_group.broker.arn
  }

  network_configuration {
    assign_public_ip = false
    security_groups  = [aws_security_group.broker_tasks.id]
    subnets          = [aws_subnet.private_0.id, aws_subnet.private_1.id, aws_subnet.private_2.id]
  }

  tags = {
    Name = "broker-service-everything-prod"
  }

  depends_on = [
    aws_ecs_cluster_capacity_providers.web_cluster,
    aws_lb_listener.broker_tcp,
    aws_iam_role_policy.broker_execution,
    aws_vpc_security_group_egress_rule.broker_tasks_open,
    aws_vpc_security_group_ingress_rule.broker_tasks_load_balancer,
    aws_route.private_0,
    aws_route.private_1,
    aws_route.private_2,
    aws_route_table_association.private_0,
    aws_route_table_association.private_1,
    aws_route_table_association.private_2,
    aws_vpc_endpoint.s3,
    aws_vpc_endpoint.dynamodb,
    aws_vpc_endpoint.ecr_api,
    aws_vpc_endpoint.ecr_dkr,
    aws_vpc_endpoint.logs,
  ]
}
