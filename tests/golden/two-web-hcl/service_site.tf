locals {
  site_task = {
    name               = "site"
    family             = "site-two-web-prod"
    port               = 80
    cpu                = 256
    memory             = 512
    aws_region         = "eu-central-1"
    cpu_architecture   = "X86_64"
    ecs_execution_role = aws_iam_role.site_execution.arn
    ecs_task_role      = aws_iam_role.site_task.arn
    env                = "prod"
    image              = "public.ecr.aws/docker/library/httpd:2.4"
    launch_type        = "FARGATE"
    log_group          = aws_cloudwatch_log_group.site.name
    memory_reservation = 512
    network_mode       = "awsvpc"
    project_id         = "two-web"
    secrets            = []
    sidecars           = []
    task_options       = {}
    container_options  = { stopTimeout = 30 }
    environment = [
      { name = "MOTTO", value = "say \"hi\" to $${USER} at 100%%{off}, C:\\temp, naïve" },
      { name = "PORT", value = "80" },
    ]
    port_mappings = [{ protocol = "tcp", containerPort = 80, hostPort = 80 }]
  }

  site_task_definition = templatefile("${path.module}/templates/service.json.tpl", local.site_task)
}

resource "aws_cloudwatch_log_group" "site" {
  name              = "/aws/ecs/two-web-prod/site"
  retention_in_days = 30

  tags = {
    Name = "/aws/ecs/two-web-prod/site"
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_security_group" "site_tasks" {
  name        = "site-two-web-prod"
  description = "Tasks of site"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "site-two-web-prod"
  }
}

resource "aws_vpc_security_group_egress_rule" "site_tasks_open" {
  description       = "Everything: egress is open"
  security_group_id = aws_security_group.site_tasks.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

resource "aws_vpc_security_group_ingress_rule" "site_tasks_load_balancer" {
  description                  = "The load balancer"
  security_group_id            = aws_security_group.site_tasks.id
  referenced_security_group_id = aws_security_group.load_balancer.id
  ip_protocol                  = "tcp"
  from_port                    = 80
  to_port                      = 80
}

# Neither port nor protocol can be changed in place. With both in the name, another group is there
# before this one goes.
resource "aws_lb_target_group" "site" {
  name                 = "two-web-prod-site-80"
  vpc_id               = aws_vpc.main.id
  protocol             = "HTTP"
  port                 = 80
  deregistration_delay = "60"
  protocol_version     = "HTTP1"
  target_type          = "ip"

  health_check {
    enabled             = true
    protocol            = "HTTP"
    port                = "traffic-port"
    path                = "/"
    matcher             = "200-399"
    interval            = 30
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }

  stickiness {
    type    = "lb_cookie"
    enabled = false
  }

  tags = {
    Name = "two-web-prod-site-80"
  }

  lifecycle {
    create_before_destroy = true
  }
}

# The priority follows from what the rule matches, so that another service does not move it.
resource "aws_lb_listener_rule" "site_https" {
  priority     = 49102
  listener_arn = aws_lb_listener.https.arn

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.site.arn
  }

  condition {
    path_pattern {
      values = ["/*"]
    }
  }

  tags = {
    Name = "site-two-web-prod"
  }
}

resource "aws_iam_role" "site_execution" {
  name        = "two-web-prod-site-execution"
  description = "Starts the tasks of site of two-web-prod"

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
    Name = "two-web-prod-site-execution"
  }
}

resource "aws_iam_role" "site_task" {
  name        = "two-web-prod-site-task"
  description = "What the containers may do in the tasks of site of two-web-prod"

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
    Name = "two-web-prod-site-task"
  }
}

resource "aws_iam_role_policy" "site_execution" {
  name = "permissions"
  role = aws_iam_role.site_execution.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "WriteLogs"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = ["${aws_cloudwatch_log_group.site.arn}:*"]
    }]
  })
}

# For a CI pipeline: what `aws ecs register-task-definition` takes as it is.
resource "local_file" "site_task_definition" {
  filename             = "${path.module}/task-definitions/prod/site.latest.json"
  content              = local.site_task_definition
  directory_permission = "0755"
  file_permission      = "0644"
}

# The template renders the task definition as a whole; Terraform takes the containers of it.
resource "aws_ecs_task_definition" "site" {
  family                   = "site-two-web-prod"
  cpu                      = "256"
  memory                   = "512"
  container_definitions    = jsonencode(jsondecode(local.site_task_definition).containerDefinitions)
  execution_role_arn       = aws_iam_role.site_execution.arn
  network_mode             = "awsvpc"
  task_role_arn            = aws_iam_role.site_task.arn
  requires_compatibilities = ["FARGATE"]

  runtime_platform {
    cpu_architecture        = "X86_64"
    operating_system_family = "LINUX"
  }

  tags = {
    Name = "site-two-web-prod"
  }
}

# Without force_new_deployment, Terraform would replace the service where its capacity changes. The
# first tasks start when what they depend on is there.
resource "aws_ecs_service" "site" {
  name                               = "site-service-two-web-prod"
  cluster                            = aws_ecs_cluster.web_cluster.arn
  task_definition                    = aws_ecs_task_definition.site.arn
  desired_count                      = 2
  availability_zone_rebalancing      = "ENABLED"
  deployment_maximum_percent         = 200
  deployment_minimum_healthy_percent = 100
  enable_ecs_managed_tags            = true
  enable_execute_command             = false
  force_new_deployment               = true
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
    container_name   = "site"
    container_port   = 80
    target_group_arn = aws_lb_target_group.site.arn
  }

  network_configuration {
    assign_public_ip = false
    security_groups  = [aws_security_group.site_tasks.id]
    subnets          = [aws_subnet.private_0.id, aws_subnet.private_1.id]
  }

  tags = {
    Name = "site-service-two-web-prod"
  }

  depends_on = [
    aws_ecs_cluster_capacity_providers.web_cluster,
    aws_lb_listener_rule.site_https,
    aws_iam_role_policy.site_execution,
    aws_vpc_security_group_egress_rule.site_tasks_open,
    aws_vpc_security_group_ingress_rule.site_tasks_load_balancer,
    aws_route.private_0,
    aws_route.private_1,
    aws_route_table_association.private_0,
    aws_route_table_association.private_1,
    aws_vpc_endpoint.s3,
  ]
}
