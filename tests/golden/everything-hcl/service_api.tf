variable "api_force_new_deployment" {
  type        = bool
  description = "Whether the next change restarts all tasks of api. If false, Terraform replaces the service when its capacity changes."
  default     = false
}

locals {
  api_task = {
    name               = "api"
    family             = "api-everything-prod"
    port               = 8000
    cpu                = 512
    memory             = 1024
    aws_region         = "eu-central-1"
    cpu_architecture   = "X86_64"
    ecs_execution_role = aws_iam_role.api_execution.arn
    ecs_task_role      = aws_iam_role.api_task.arn
    env                = "prod"
    image              = "public.ecr.aws/docker/library/python:3.12-slim"
    launch_type        = "FARGATE"
    log_group          = aws_cloudwatch_log_group.api.name
    memory_reservation = 1024
    network_mode       = "awsvpc"
    project_id         = "everything"
    secrets            = []
    container_options = {
      stopTimeout     = 30
      linuxParameters = { initProcessEnabled = true }
      mountPoints = [
        { containerPath = "/srv/cache", readOnly = false, sourceVolume = "cache" },
        { containerPath = "/srv/data", readOnly = true, sourceVolume = "data" },
        { containerPath = "/shared", readOnly = true, sourceVolume = "shared" },
      ]
    }
    environment = [
      { name = "PORT", value = "8000" },
      { name = "SESSIONS", value = aws_dynamodb_table.sessions.name },
    ]
    port_mappings = [
      { protocol = "tcp", containerPort = 8000, hostPort = 8000 },
      { protocol = "tcp", containerPort = 9090, hostPort = 9090 },
    ]
    sidecars = [
      {
        name      = "proxy"
        essential = true
        image     = "public.ecr.aws/docker/library/envoy:1.30"
        logConfiguration = {
          logDriver = "awslogs"
          options = {
            awslogs-group         = aws_cloudwatch_log_group.api.name
            awslogs-region        = "eu-central-1"
            awslogs-stream-prefix = "ecs"
          }
        }
        mountPoints = [
          { containerPath = "/var/cache", readOnly = true, sourceVolume = "cache" },
          { containerPath = "/data", readOnly = true, sourceVolume = "data" },
        ]
        portMappings = [{
          name          = "api"
          protocol      = "tcp"
          appProtocol   = "http"
          containerPort = 9901
          hostPort      = 9901
        }]
        secrets = [{
          name      = "TOKEN"
          valueFrom = "arn:${data.aws_partition.current.partition}:ssm:eu-central-1:${data.aws_caller_identity.current.account_id}:parameter/everything/token"
        }]
      },
      {
        name      = "metrics"
        essential = true
        image     = "public.ecr.aws/aws-observability/aws-otel-collector:v0.40.0"
        logConfiguration = {
          logDriver = "awslogs"
          options = {
            awslogs-group         = aws_cloudwatch_log_group.api.name
            awslogs-region        = "eu-central-1"
            awslogs-stream-prefix = "ecs"
          }
        }
        portMappings = [{ protocol = "udp", containerPort = 8125, hostPort = 8125 }]
      },
    ]
    task_options = {
      volumes = [
        { name = "cache", host = {} },
        {
          name = "data"
          efsVolumeConfiguration = {
            fileSystemId      = aws_efs_file_system.web_data.id
            transitEncryption = "ENABLED"
            authorizationConfig = {
              accessPointId = aws_efs_access_point.web_data.id
              iam           = "ENABLED"
            }
          }
        },
        {
          name = "shared"
          efsVolumeConfiguration = {
            fileSystemId      = "fs-0123456789abcdef0"
            transitEncryption = "ENABLED"
            authorizationConfig = {
              accessPointId = "fsap-0123456789abcdef0"
              iam           = "ENABLED"
            }
          }
        },
      ]
    }
  }

  api_task_definition = templatefile("${path.module}/templates/service.json.tpl", local.api_task)
}

resource "aws_cloudwatch_log_group" "api" {
  name              = "/aws/ecs/everything-prod/api"
  kms_key_id        = aws_kms_key.main.arn
  retention_in_days = 30

  tags = {
    Name = "/aws/ecs/everything-prod/api"
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_ecr_repository" "api" {
  name                 = "everything-prod/api"
  force_delete         = false
  image_tag_mutability = "IMMUTABLE"

  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = aws_kms_key.main.arn
  }

  image_scanning_configuration {
    scan_on_push = true
  }

  tags = {
    Name = "everything-prod/api"
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_ecr_lifecycle_policy" "api" {
  repository = aws_ecr_repository.api.name

  policy = jsonencode({
    rules = [{
      description  = "Keep the last 30 images"
      rulePriority = 1
      action       = { type = "expire" }
      selection = {
        countNumber = 30
        countType   = "imageCountMoreThan"
        tagStatus   = "any"
      }
    }]
  })
}

resource "aws_security_group" "api_tasks" {
  name        = "api-everything-prod"
  description = "Tasks of api"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "api-everything-prod"
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
  from_port                    = 9901
  to_port                      = 9901
}

resource "aws_vpc_security_group_ingress_rule" "api_tasks_load_balancer_9090" {
  description                  = "The load balancer: port 9090"
  security_group_id            = aws_security_group.api_tasks.id
  referenced_security_group_id = aws_security_group.load_balancer.id
  ip_protocol                  = "tcp"
  from_port                    = 9090
  to_port                      = 9090
}

resource "aws_vpc_security_group_ingress_rule" "api_tasks_load_balancer_9000" {
  description                  = "The load balancer: health checks"
  security_group_id            = aws_security_group.api_tasks.id
  referenced_security_group_id = aws_security_group.load_balancer.id
  ip_protocol                  = "tcp"
  from_port                    = 9000
  to_port                      = 9000
}

# Port and protocol can't be changed in place. Both are part of the name, so the new target group
# can be created before this one is destroyed.
resource "aws_lb_target_group" "api" {
  name                 = "everything-prod-api-9901"
  vpc_id               = aws_vpc.main.id
  protocol             = "HTTP"
  port                 = 9901
  deregistration_delay = "60"
  protocol_version     = "HTTP1"
  target_type          = "ip"

  health_check {
    enabled             = true
    protocol            = "HTTP"
    port                = "9000"
    path                = "/ready"
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
    Name = "everything-prod-api-9901"
  }

  lifecycle {
    create_before_destroy = true
  }
}

# The priority is derived from the conditions, so adding another service does not change it.
resource "aws_lb_listener_rule" "api_https" {
  priority     = 37175
  listener_arn = aws_lb_listener.https.arn

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.api.arn
  }

  condition {
    path_pattern {
      values = ["/api/*"]
    }
  }

  tags = {
    Name = "api-everything-prod"
  }
}

# Port and protocol can't be changed in place. Both are part of the name, so the new target group
# can be created before this one is destroyed.
resource "aws_lb_target_group" "api_9090" {
  name                 = "everything-prod-api-9090-also"
  vpc_id               = aws_vpc.main.id
  protocol             = "HTTP"
  port                 = 9090
  deregistration_delay = "60"
  protocol_version     = "HTTP1"
  target_type          = "ip"

  health_check {
    enabled             = true
    protocol            = "HTTP"
    port                = "9000"
    path                = "/ready"
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
    Name = "everything-prod-api-9090-also"
  }

  lifecycle {
    create_before_destroy = true
  }
}

# The priority is derived from the conditions, so adding another service does not change it.
resource "aws_lb_listener_rule" "api_9090_https" {
  priority     = 34292
  listener_arn = aws_lb_listener.https.arn

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.api_9090.arn
  }

  condition {
    path_pattern {
      values = ["/metrics"]
    }
  }

  condition {
    source_ip {
      values = ["198.51.100.0/24"]
    }
  }

  tags = {
    Name = "api-everything-prod"
  }
}

resource "aws_vpc_security_group_ingress_rule" "api_tasks_into_efs_data" {
  description                  = "NFS from api tasks"
  security_group_id            = aws_security_group.web_data_efs.id
  referenced_security_group_id = aws_security_group.api_tasks.id
  ip_protocol                  = "tcp"
  from_port                    = 2049
  to_port                      = 2049
}

resource "aws_iam_role" "api_execution" {
  name                 = "everything-prod-api-execution"
  description          = "Starts the tasks of api of everything-prod"
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
    Name = "everything-prod-api-execution"
  }
}

resource "aws_iam_role" "api_task" {
  name                 = "everything-prod-api-task"
  description          = "What the containers may do in the tasks of api of everything-prod"
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
    Name = "everything-prod-api-task"
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
        Resource = [aws_ecr_repository.api.arn]
      },
      {
        Sid    = "ReadParameters"
        Effect = "Allow"
        Action = ["ssm:GetParameters"]
        Resource = [
          "arn:${data.aws_partition.current.partition}:ssm:eu-central-1:${data.aws_caller_identity.current.account_id}:parameter/everything/token",
        ]
      },
    ]
  })
}

resource "aws_iam_role_policy" "api_task" {
  name = "permissions"
  role = aws_iam_role.api_task.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "MountVolume2"
        Effect   = "Allow"
        Action   = ["elasticfilesystem:ClientMount"]
        Resource = [aws_efs_file_system.web_data.arn]
        Condition = {
          StringEquals = { "elasticfilesystem:AccessPointArn" = aws_efs_access_point.web_data.arn }
        }
      },
      {
        Sid    = "MountVolume3"
        Effect = "Allow"
        Action = ["elasticfilesystem:ClientMount"]
        Resource = [
          "arn:${data.aws_partition.current.partition}:elasticfilesystem:eu-central-1:${data.aws_caller_identity.current.account_id}:file-system/fs-0123456789abcdef0",
        ]
        Condition = {
          StringEquals = {
            "elasticfilesystem:AccessPointArn" = "arn:${data.aws_partition.current.partition}:elasticfilesystem:eu-central-1:${data.aws_caller_identity.current.account_id}:access-point/fsap-0123456789abcdef0"
          }
        }
      },
      {
        Sid    = "ExecChannel"
        Effect = "Allow"
        Action = [
          "ssmmessages:CreateControlChannel",
          "ssmmessages:CreateDataChannel",
          "ssmmessages:OpenControlChannel",
          "ssmmessages:OpenDataChannel",
        ]
        Resource = ["*"]
      },
      {
        Sid      = "ExecFindLogGroup"
        Effect   = "Allow"
        Action   = ["logs:DescribeLogGroups"]
        Resource = ["*"]
      },
      {
        Sid      = "ExecWriteLog"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
        Resource = ["${aws_cloudwatch_log_group.exec.arn}:*"]
      },
      {
        Sid      = "ExecDecrypt"
        Effect   = "Allow"
        Action   = ["kms:Decrypt"]
        Resource = [aws_kms_key.main.arn]
      },
      {
        Sid    = "Use1Items"
        Effect = "Allow"
        Action = [
          "dynamodb:BatchWriteItem",
          "dynamodb:DeleteItem",
          "dynamodb:DescribeTable",
          "dynamodb:PutItem",
          "dynamodb:UpdateItem",
        ]
        Resource = [aws_dynamodb_table.sessions.arn]
      },
      {
        Sid    = "Use1Key"
        Effect = "Allow"
        Action = [
          "kms:Decrypt",
          "kms:DescribeKey",
          "kms:Encrypt",
          "kms:GenerateDataKey",
          "kms:ReEncryptFrom",
          "kms:ReEncryptTo",
        ]
        Resource = [aws_kms_key.main.arn]
        Condition = {
          StringEquals = { "kms:ViaService" = "dynamodb.eu-central-1.amazonaws.com" }
        }
      },
      {
        Sid      = "Project1"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = ["arn:aws:s3:::everything-uploads/*"]
      },
    ]
  })
}

# For CI pipelines: the input of `aws ecs register-task-definition --cli-input-json`.
resource "local_file" "api_task_definition" {
  filename             = "${path.module}/task-definitions/prod/api.latest.json"
  content              = local.api_task_definition
  directory_permission = "0755"
  file_permission      = "0644"
}

# The template renders the whole task definition; only its container definitions are used here.
resource "aws_ecs_task_definition" "api" {
  family                   = "api-everything-prod"
  cpu                      = "512"
  memory                   = "1024"
  container_definitions    = jsonencode(jsondecode(local.api_task_definition).containerDefinitions)
  execution_role_arn       = aws_iam_role.api_execution.arn
  network_mode             = "awsvpc"
  skip_destroy             = true
  task_role_arn            = aws_iam_role.api_task.arn
  requires_compatibilities = ["FARGATE"]

  runtime_platform {
    cpu_architecture        = "X86_64"
    operating_system_family = "LINUX"
  }

  volume {
    name = "cache"
  }

  volume {
    name = "data"

    efs_volume_configuration {
      file_system_id     = aws_efs_file_system.web_data.id
      transit_encryption = "ENABLED"

      authorization_config {
        access_point_id = aws_efs_access_point.web_data.id
        iam             = "ENABLED"
      }
    }
  }

  volume {
    name = "shared"

    efs_volume_configuration {
      file_system_id     = "fs-0123456789abcdef0"
      transit_encryption = "ENABLED"

      authorization_config {
        access_point_id = "fsap-0123456789abcdef0"
        iam             = "ENABLED"
      }
    }
  }

  tags = {
    Name = "api-everything-prod"
  }
}

# Without force_new_deployment, a change of the capacity provider strategy replaces the service, and
# a change of triggers has no effect. A CI pipeline manages task_definition. The first tasks need
# what is in depends_on.
resource "aws_ecs_service" "api" {
  name                               = "api-service-everything-prod"
  cluster                            = aws_ecs_cluster.web_cluster.arn
  task_definition                    = aws_ecs_task_definition.api.arn
  desired_count                      = 2
  availability_zone_rebalancing      = "ENABLED"
  deployment_maximum_percent         = 200
  deployment_minimum_healthy_percent = 100
  enable_ecs_managed_tags            = true
  enable_execute_command             = true
  force_new_deployment               = var.api_force_new_deployment
  health_check_grace_period_seconds  = 60
  platform_version                   = "LATEST"
  propagate_tags                     = "SERVICE"

  triggers = {
    endpoints = "web:8080"
  }

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
    container_name   = "proxy"
    container_port   = 9901
    target_group_arn = aws_lb_target_group.api.arn
  }

  load_balancer {
    container_name   = "api"
    container_port   = 9090
    target_group_arn = aws_lb_target_group.api_9090.arn
  }

  network_configuration {
    assign_public_ip = false
    security_groups  = [aws_security_group.api_tasks.id]
    subnets          = [aws_subnet.private_0.id, aws_subnet.private_1.id, aws_subnet.private_2.id]
  }

  service_connect_configuration {
    enabled   = true
    namespace = aws_service_discovery_http_namespace.main.arn

    log_configuration {
      log_driver = "awslogs"

      options = {
        awslogs-group         = aws_cloudwatch_log_group.api.name
        awslogs-region        = "eu-central-1"
        awslogs-stream-prefix = "connect"
      }
    }

    service {
      discovery_name = "api"
      port_name      = "api"

      client_alias {
        port     = 9901
        dns_name = "api"
      }
    }
  }

  tags = {
    Name = "api-service-everything-prod"
  }

  depends_on = [
    aws_ecs_cluster_capacity_providers.web_cluster,
    aws_lb_listener_rule.api_https,
    aws_lb_listener_rule.api_9090_https,
    aws_iam_role_policy.api_execution,
    aws_iam_role_policy.api_task,
    aws_vpc_security_group_egress_rule.api_tasks_open,
    aws_vpc_security_group_ingress_rule.api_tasks_load_balancer,
    aws_vpc_security_group_ingress_rule.api_tasks_load_balancer_9090,
    aws_vpc_security_group_ingress_rule.api_tasks_load_balancer_9000,
    aws_vpc_security_group_ingress_rule.api_tasks_into_efs_data,
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
    aws_efs_mount_target.web_data_0,
    aws_efs_mount_target.web_data_1,
    aws_efs_mount_target.web_data_2,
  ]

  lifecycle {
    ignore_changes = [task_definition]
  }
}

resource "aws_vpc_security_group_ingress_rule" "api_tasks_from_web" {
  description                  = "Service Connect: web"
  security_group_id            = aws_security_group.api_tasks.id
  referenced_security_group_id = aws_security_group.web_tasks.id
  ip_protocol                  = "tcp"
  from_port                    = 9901
  to_port                      = 9901
}
