locals {
  api_task = {
    name               = "api"
    family             = "api-two-web-prod"
    port               = 8000
    cpu                = 512
    memory             = 1024
    aws_region         = "eu-central-1"
    cpu_architecture   = "ARM64"
    ecs_execution_role = aws_iam_role.api_execution.arn
    ecs_task_role      = aws_iam_role.api_task.arn
    env                = "prod"
    image              = "public.ecr.aws/docker/library/python:3.12-slim"
    launch_type        = "FARGATE"
    log_group          = aws_cloudwatch_log_group.api.name
    memory_reservation = 1024
    network_mode       = "awsvpc"
    project_id         = "two-web"
    sidecars           = []
    task_options       = {}
    container_options = {
      stopTimeout = 30
      command     = ["python", "-m", "http.server", "8000"]
    }
    environment   = [{ name = "PORT", value = "8000" }]
    port_mappings = [{ protocol = "tcp", containerPort = 8000, hostPort = 8000 }]
    secrets = [{
      name      = "DATABASE_URL"
      valueFrom = "arn:${data.aws_partition.current.partition}:ssm:eu-central-1:${data.aws_caller_identity.current.account_id}:parameter/two-web/database-url"
    }]
  }

  api_task_definition = templatefile("${path.module}/templates/service.json.tpl", local.api_task)
}

resource "aws_cloudwatch_log_group" "api" {
  name              = "/aws/ecs/two-web-prod/api"
  retention_in_days = 30

  tags = {
    Name = "/aws/ecs/two-web-prod/api"
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_security_group" "api_tasks" {
  name        = "api-two-web-prod"
  description = "Tasks of api"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "api-two-web-prod"
  }
}

resource "aws_vpc_security_group_egress_rule" "api_tasks_open" {
  description       = "Everything: egress is open"
  security_group_id = aws_security_group.api_tasks.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

resource "aws_vpc_security_group_ingress_rule" "api_tasks_load_balancer" {
  description                  = "The load balancer"
  security_group_id            = aws_security_group.api_tasks.id
  referenced_security_group_id = aws_security_group.load_balancer.id
  ip_protocol                  = "tcp"
  from_port                    = 8000
  to_port                      = 8000
}

# Neither port nor protocol can be changed in place. With both in the name, another group is there
# before this one goes.
resource "aws_lb_target_group" "api" {
  name                 = "two-web-prod-api-8000"
  vpc_id               = aws_vpc.main.id
  protocol             = "HTTP"
  port                 = 8000
  deregistration_delay = "60"
  protocol_version     = "HTTP1"
  target_type          = "ip"

  health_check {
    enabled             = true
    protocol            = "HTTP"
    port                = "traffic-port"
    path                = "/healthz"
    matcher             = "200"
    interval            = 30
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }

  stickiness {
    type            = "lb_cookie"
    enabled         = true
    cookie_duration = 3600
  }

  tags = {
    Name = "two-web-prod-api-8000"
  }

  lifecycle {
    create_before_destroy = true
  }
}

# The priority follows from what the rule matches, so that another service does not move it.
resource "aws_lb_listener_rule" "api_https" {
  priority     = 37325
  listener_arn = aws_lb_listener.https.arn

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.api.arn
  }

  condition {
    host_header {
      values = ["api.example.com"]
    }
  }

  condition {
    path_pattern {
      values = ["/v1/*", "/v2/*"]
    }
  }

  tags = {
    Name = "api-two-web-prod"
  }
}

resource "aws_iam_role" "api_execution" {
  name        = "two-web-prod-api-execution"
  description = "Starts the tasks of api of two-web-prod"

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
    Name = "two-web-prod-api-execution"
  }
}

resource "aws_iam_role" "api_task" {
  name        = "two-web-prod-api-task"
  description = "What the containers may do in the tasks of api of two-web-prod"

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
    Name = "two-web-prod-api-task"
  }
}

resource "aws_iam_role_policy" "api_execution" {
  name = "permissions"
  role = aws_iam_role.api_execution.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["${aws_cloudwatch_log_group.api.arn}:*"]
      },
      {
        Sid    = "ReadParameters"
        Effect = "Allow"
        Action = ["ssm:GetParameters"]
        Resource = [
          "arn:${data.aws_partition.current.partition}:ssm:eu-central-1:${data.aws_caller_identity.current.account_id}:parameter/two-web/database-url",
        ]
      },
    ]
  })
}

# For a CI pipeline: what `aws ecs register-task-definition` takes as it is.
resource "local_file" "api_task_definition" {
  filename             = "${path.module}/task-definitions/prod/api.latest.json"
  content              = local.api_task_definition
  directory_permission = "0755"
  file_permission      = "0644"
}

# The template renders the task definition as a whole; Terraform takes the containers of it.
resource "aws_ecs_task_definition" "api" {
  family                   = "api-two-web-prod"
  cpu                      = "512"
  memory                   = "1024"
  container_definitions    = jsonencode(jsondecode(local.api_task_definition).containerDefinitions)
  execution_role_arn       = aws_iam_role.api_execution.arn
  network_mode             = "awsvpc"
  task_role_arn            = aws_iam_role.api_task.arn
  requires_compatibilities = ["FARGATE"]

  runtime_platform {
    cpu_architecture        = "ARM64"
    operating_system_family = "LINUX"
  }

  tags = {
    Name = "api-two-web-prod"
  }
}

# Without force_new_deployment, Terraform would replace the service where its capacity changes.
# Autoscaling sets desired_count. The first tasks start when what they depend on is there.
resource "aws_ecs_service" "api" {
  name                               = "api-service-two-web-prod"
  cluster                            = aws_ecs_cluster.web_cluster.arn
  task_definition                    = aws_ecs_task_definition.api.arn
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
    container_name   = "api"
    container_port   = 8000
    target_group_arn = aws_lb_target_group.api.arn
  }

  network_configuration {
    assign_public_ip = false
    security_groups  = [aws_security_group.api_tasks.id]
    subnets          = [aws_subnet.private_0.id, aws_subnet.private_1.id]
  }

  tags = {
    Name = "api-service-two-web-prod"
  }

  depends_on = [
    aws_ecs_cluster_capacity_providers.web_cluster,
    aws_lb_listener_rule.api_https,
    aws_iam_role_policy.api_execution,
    aws_vpc_security_group_egress_rule.api_tasks_open,
    aws_vpc_security_group_ingress_rule.api_tasks_load_balancer,
    aws_route.private_0,
    aws_route.private_1,
    aws_route_table_association.private_0,
    aws_route_table_association.private_1,
    aws_vpc_endpoint.s3,
  ]

  lifecycle {
    ignore_changes = [desired_count]
  }
}

resource "aws_appautoscaling_target" "api" {
  service_namespace  = "ecs"
  resource_id        = "service/${aws_ecs_cluster.web_cluster.name}/${aws_ecs_service.api.name}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = 2
  max_capacity       = 6
}

resource "aws_appautoscaling_policy" "api_cpu" {
  name               = "api-two-web-prod-cpu"
  service_namespace  = aws_appautoscaling_target.api.service_namespace
  resource_id        = aws_appautoscaling_target.api.resource_id
  scalable_dimension = aws_appautoscaling_target.api.scalable_dimension
  policy_type        = "TargetTrackingScaling"

  target_tracking_scaling_policy_configuration {
    scale_in_cooldown  = 300
    scale_out_cooldown = 60
    target_value       = 60

    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}

resource "aws_appautoscaling_policy" "api_requests" {
  name               = "api-two-web-prod-requests"
  service_namespace  = aws_appautoscaling_target.api.service_namespace
  resource_id        = aws_appautoscaling_target.api.resource_id
  scalable_dimension = aws_appautoscaling_target.api.scalable_dimension
  policy_type        = "TargetTrackingScaling"

  target_tracking_scaling_policy_configuration {
    scale_in_cooldown  = 300
    scale_out_cooldown = 60
    target_value       = 1000

    predefined_metric_specification {
      predefined_metric_type = "ALBRequestCountPerTarget"
      resource_label         = "${aws_lb.main.arn_suffix}/${aws_lb_target_group.api.arn_suffix}"
    }
  }
}
