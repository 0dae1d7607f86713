variable "web_force_new_deployment" {
  type        = bool
  description = "Whether the next change restarts all tasks of web. If false, Terraform replaces the service when its capacity changes."
  default     = false
}

variable "web_image" {
  type        = string
  description = "The image of web. ecsforge passes the one that is deployed, or the one that runs."
  default     = ""
}

locals {
  web_task = {
    name               = "web"
    family             = "web-built-prod"
    port               = 8080
    cpu                = 512
    memory             = 1024
    aws_region         = "eu-west-1"
    cpu_architecture   = "X86_64"
    ecs_execution_role = aws_iam_role.web_execution.arn
    ecs_task_role      = aws_iam_role.web_task.arn
    env                = "prod"
    image              = var.web_image
    launch_type        = "FARGATE"
    log_group          = aws_cloudwatch_log_group.web.name
    memory_reservation = 1024
    network_mode       = "awsvpc"
    project_id         = "built"
    secrets            = []
    task_options       = {}
    container_options  = { stopTimeout = 30 }
    environment        = [{ name = "PORT", value = "8080" }]
    port_mappings      = [{ protocol = "tcp", containerPort = 8080, hostPort = 8080 }]
    sidecars = [{
      name      = "proxy"
      essential = true
      image     = "ghcr.io/acme/proxy:1"
      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-group         = aws_cloudwatch_log_group.web.name
          awslogs-region        = "eu-west-1"
          awslogs-stream-prefix = "ecs"
        }
      }
      repositoryCredentials = { credentialsParameter = "ghcr" }
    }]
  }

  web_task_definition = templatefile("${path.module}/templates/service.json.tpl", local.web_task)
}

resource "aws_cloudwatch_log_group" "web" {
  name              = "/aws/ecs/built-prod/web"
  kms_key_id        = aws_kms_key.main.arn
  retention_in_days = 30

  tags = {
    Name = "/aws/ecs/built-prod/web"
  }
}

resource "aws_security_group" "web_tasks" {
  name        = "web-built-prod"
  description = "Tasks of web"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "web-built-prod"
  }
}

resource "aws_vpc_security_group_egress_rule" "web_tasks_open" {
  description       = "Everything: egress is open"
  security_group_id = aws_security_group.web_tasks.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

resource "aws_vpc_security_group_ingress_rule" "web_tasks_load_balancer" {
  description                  = "The load balancer"
  security_group_id            = aws_security_group.web_tasks.id
  referenced_security_group_id = aws_security_group.load_balancer.id
  ip_protocol                  = "tcp"
  from_port                    = 8080
  to_port                      = 8080
}

# Port and protocol can't be changed in place. Both are part of the name, so the new target group
# can be created before this one is destroyed.
resource "aws_lb_target_group" "web" {
  name                 = "built-prod-web-8080"
  vpc_id               = aws_vpc.main.id
  protocol             = "HTTP"
  port                 = 8080
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
    Name = "built-prod-web-8080"
  }

  lifecycle {
    create_before_destroy = true
  }
}

# The priority is derived from the conditions, so adding another service does not change it.
resource "aws_lb_listener_rule" "web_http" {
  priority     = 47673
  listener_arn = aws_lb_listener.http.arn

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.web.arn
  }

  condition {
    path_pattern {
      values = ["/*"]
    }
  }

  tags = {
    Name = "web-built-prod"
  }
}

resource "aws_iam_role" "web_execution" {
  name        = "built-prod-web-execution"
  description = "Starts the tasks of web of built-prod"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        ArnLike = {
          "aws:SourceArn" = "arn:${data.aws_partition.current.partition}:ecs:eu-west-1:${data.aws_caller_identity.current.account_id}:*"
        }
        StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id }
      }
    }]
  })

  tags = {
    Name = "built-prod-web-execution"
  }
}

resource "aws_iam_role" "web_task" {
  name        = "built-prod-web-task"
  description = "What the containers may do in the tasks of web of built-prod"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        ArnLike = {
          "aws:SourceArn" = "arn:${data.aws_partition.current.partition}:ecs:eu-west-1:${data.aws_caller_identity.current.account_id}:*"
        }
        StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id }
      }
    }]
  })

  tags = {
    Name = "built-prod-web-task"
  }
}

resource "aws_iam_role_policy" "web_execution" {
  name = "permissions"
  role = aws_iam_role.web_execution.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["${aws_cloudwatch_log_group.web.arn}:*"]
      },
      {
        Sid      = "RegistryToken"
        Effect   = "Allow"
        Action   = ["ecr:GetAuthorizationToken"]
        Resource = ["*"]
      },
      {
        Sid    = "PullImages"
        Effect = "Allow"
        Action = [
          "ecr:BatchCheckLayerAvailability",
          "ecr:BatchGetImage",
          "ecr:GetDownloadUrlForLayer",
        ]
        Resource = [
          "arn:${data.aws_partition.current.partition}:ecr:eu-central-1:210987654321:repository/built/web",
        ]
      },
      {
        Sid    = "ReadSecrets"
        Effect = "Allow"
        Action = ["secretsmanager:GetSecretValue"]
        Resource = [
          "arn:${data.aws_partition.current.partition}:secretsmanager:eu-west-1:${data.aws_caller_identity.current.account_id}:secret:ghcr-??????",
        ]
      },
    ]
  })
}

# For CI pipelines: the input of `aws ecs register-task-definition --cli-input-json`.
resource "local_file" "web_task_definition" {
  filename             = "${path.module}/task-definitions/prod/web.latest.json"
  content              = local.web_task_definition
  directory_permission = "0755"
  file_permission      = "0644"
}

# The template renders the whole task definition; only its container definitions are used here.
resource "aws_ecs_task_definition" "web" {
  family                   = "web-built-prod"
  cpu                      = "512"
  memory                   = "1024"
  container_definitions    = jsonencode(jsondecode(local.web_task_definition).containerDefinitions)
  execution_role_arn       = aws_iam_role.web_execution.arn
  network_mode             = "awsvpc"
  skip_destroy             = true
  task_role_arn            = aws_iam_role.web_task.arn
  requires_compatibilities = ["FARGATE"]

  runtime_platform {
    cpu_architecture        = "X86_64"
    operating_system_family = "LINUX"
  }

  tags = {
    Name = "web-built-prod"
  }

  lifecycle {
    precondition {
      condition     = var.web_image != ""
      error_message = "web has no image; run ecsforge deploy --build, or pass -var web_image=IMAGE"
    }
  }
}

# Without force_new_deployment, a change of the capacity provider strategy replaces the service. The
# first tasks need what is in depends_on.
resource "aws_ecs_service" "web" {
  name                               = "web-service-built-prod"
  cluster                            = aws_ecs_cluster.web_cluster.arn
  task_definition                    = aws_ecs_task_definition.web.arn
  desired_count                      = 2
  availability_zone_rebalancing      = "ENABLED"
  deployment_maximum_percent         = 200
  deployment_minimum_healthy_percent = 100
  enable_ecs_managed_tags            = true
  enable_execute_command             = false
  force_new_deployment               = var.web_force_new_deployment
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
    container_name   = "web"
    container_port   = 8080
    target_group_arn = aws_lb_target_group.web.arn
  }

  network_configuration {
    assign_public_ip = false
    security_groups  = [aws_security_group.web_tasks.id]
    subnets          = [aws_subnet.private_0.id, aws_subnet.private_1.id]
  }

  tags = {
    Name = "web-service-built-prod"
  }

  depends_on = [
    aws_ecs_cluster_capacity_providers.web_cluster,
    aws_lb_listener_rule.web_http,
    aws_iam_role_policy.web_execution,
    aws_vpc_security_group_egress_rule.web_tasks_open,
    aws_vpc_security_group_ingress_rule.web_tasks_load_balancer,
    aws_route.private_0,
    aws_route.private_1,
    aws_route_table_association.private_0,
    aws_route_table_association.private_1,
    aws_vpc_endpoint.s3,
  ]
}
