variable "web_force_new_deployment" {
  type        = bool
  description = "Whether the next change restarts all tasks of web. If false, Terraform replaces the service when its capacity changes."
  default     = false
}

locals {
  web_task = {
    name               = "web"
    family             = "web-shop-prod"
    port               = 3000
    cpu                = 512
    memory             = 1024
    aws_region         = "eu-west-1"
    cpu_architecture   = "X86_64"
    ecs_execution_role = aws_iam_role.web_execution.arn
    ecs_task_role      = aws_iam_role.web_task.arn
    env                = "prod"
    image              = "registry.example.com/shop/rails:5.2"
    launch_type        = "FARGATE"
    log_group          = aws_cloudwatch_log_group.web.name
    memory_reservation = 1024
    network_mode       = "awsvpc"
    project_id         = "shop"
    sidecars           = []
    task_options       = {}
    container_options = {
      stopTimeout = 30
      command     = ["bundle", "exec", "puma"]
    }
    environment = [
      {
        name  = "ASSET_HOST"
        value = tostring("https://${aws_cloudfront_distribution.assets.domain_name}")
      },
      { name = "CARTS_TABLE", value = tostring(aws_dynamodb_table.carts.name) },
      { name = "PORT", value = "3000" },
      { name = "RAILS_ENV", value = "production" },
      { name = "RAILS_LOG_TO_STDOUT", value = "1" },
      {
        name  = "REDIS_URL"
        value = "rediss://${aws_elasticache_replication_group.redis.primary_endpoint_address}:6379"
      },
      { name = "UPLOADS_BUCKET", value = aws_s3_bucket.uploads.id },
    ]
    port_mappings = [{ protocol = "tcp", containerPort = 3000, hostPort = 3000 }]
    secrets = [
      {
        name      = "DATABASE_URL"
        valueFrom = "${aws_secretsmanager_secret.db_connection.arn}:url::${aws_secretsmanager_secret_version.db_connection.version_id}"
      },
      {
        name      = "RAILS_MASTER_KEY"
        valueFrom = "arn:${data.aws_partition.current.partition}:ssm:eu-west-1:${data.aws_caller_identity.current.account_id}:parameter/shop/prod/rails-master-key"
      },
    ]
  }

  web_task_definition = templatefile("${path.module}/templates/service.json.tpl", local.web_task)
}

resource "aws_cloudwatch_log_group" "web" {
  name              = "/aws/ecs/shop-prod/web"
  kms_key_id        = aws_kms_key.main.arn
  retention_in_days = 30

  tags = {
    Name = "/aws/ecs/shop-prod/web"
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_security_group" "web_tasks" {
  name        = "web-shop-prod"
  description = "Tasks of web"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "web-shop-prod"
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
  from_port                    = 3000
  to_port                      = 3000
}

# Port and protocol can't be changed in place. Both are part of the name, so the new target group
# can be created before this one is destroyed.
resource "aws_lb_target_group" "web" {
  name                 = "shop-prod-web-3000"
  vpc_id               = aws_vpc.main.id
  protocol             = "HTTP"
  port                 = 3000
  deregistration_delay = "60"
  protocol_version     = "HTTP1"
  target_type          = "ip"

  health_check {
    enabled             = true
    protocol            = "HTTP"
    port                = "traffic-port"
    path                = "/up"
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
    Name = "shop-prod-web-3000"
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
    Name = "web-shop-prod"
  }
}

resource "aws_iam_role" "web_execution" {
  name        = "shop-prod-web-execution"
  description = "Starts the tasks of web of shop-prod"

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
    Name = "shop-prod-web-execution"
  }
}

resource "aws_iam_role" "web_task" {
  name        = "shop-prod-web-task"
  description = "What the containers may do in the tasks of web of shop-prod"

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
    Name = "shop-prod-web-task"
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
        Sid    = "ReadParameters"
        Effect = "Allow"
        Action = ["ssm:GetParameters"]
        Resource = [
          "arn:${data.aws_partition.current.partition}:ssm:eu-west-1:${data.aws_caller_identity.current.account_id}:parameter/shop/prod/rails-master-key",
        ]
      },
      {
        Sid      = "ReadConnections"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = [aws_secretsmanager_secret.db_connection.arn]
      },
      {
        Sid      = "DecryptConnections"
        Effect   = "Allow"
        Action   = ["kms:Decrypt"]
        Resource = [aws_kms_key.main.arn]
        Condition = {
          StringEquals = { "kms:ViaService" = "secretsmanager.eu-west-1.amazonaws.com" }
        }
      },
    ]
  })
}

resource "aws_iam_role_policy" "web_task" {
  name = "permissions"
  role = aws_iam_role.web_task.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "Use1Objects"
        Effect = "Allow"
        Action = [
          "s3:AbortMultipartUpload",
          "s3:DeleteObject",
          "s3:GetObject",
          "s3:ListMultipartUploadParts",
          "s3:PutObject",
        ]
        Resource = ["${aws_s3_bucket.uploads.arn}/*"]
      },
      {
        Sid      = "Use1List"
        Effect   = "Allow"
        Action   = ["s3:ListBucket"]
        Resource = [aws_s3_bucket.uploads.arn]
      },
      {
        Sid      = "Use1Key"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = [aws_kms_key.main.arn]
        Condition = {
          StringEquals = { "kms:ViaService" = "s3.eu-west-1.amazonaws.com" }
        }
      },
      {
        Sid    = "Project1"
        Effect = "Allow"
        Action = [
          "dynamodb:GetItem",
          "dynamodb:PutItem",
          "dynamodb:UpdateItem",
          "dynamodb:DeleteItem",
        ]
        Resource = [aws_dynamodb_table.carts.arn]
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
  family                   = "web-shop-prod"
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
    Name = "web-shop-prod"
  }
}

# Without force_new_deployment, a change of the capacity provider strategy replaces the service. The
# first tasks need what is in depends_on.
resource "aws_ecs_service" "web" {
  name                               = "web-service-shop-prod"
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
    container_port   = 3000
    target_group_arn = aws_lb_target_group.web.arn
  }

  network_configuration {
    assign_public_ip = false
    security_groups  = [aws_security_group.web_tasks.id]
    subnets          = [aws_subnet.private_0.id, aws_subnet.private_1.id]
  }

  tags = {
    Name = "web-service-shop-prod"
  }

  depends_on = [
    aws_ecs_cluster_capacity_providers.web_cluster,
    aws_lb_listener_rule.web_http,
    aws_iam_role_policy.web_execution,
    aws_iam_role_policy.web_task,
    aws_rds_cluster_instance.db,
    aws_vpc_security_group_ingress_rule.db_store_from_web,
    aws_elasticache_replication_group.redis,
    aws_vpc_security_group_ingress_rule.redis_store_from_web,
    aws_vpc_security_group_egress_rule.web_tasks_open,
    aws_vpc_security_group_ingress_rule.web_tasks_load_balancer,
    aws_route.private_0,
    aws_route.private_1,
    aws_route_table_association.private_0,
    aws_route_table_association.private_1,
    aws_vpc_endpoint.s3,
  ]
}
