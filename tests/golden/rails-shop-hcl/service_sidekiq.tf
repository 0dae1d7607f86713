variable "sidekiq_force_new_deployment" {
  type        = bool
  description = "Whether the next change restarts all tasks of sidekiq. If false, Terraform replaces the service when its capacity changes."
  default     = false
}

locals {
  sidekiq_task = {
    name               = "sidekiq"
    family             = "sidekiq-shop-prod"
    cpu                = 512
    memory             = 1024
    aws_region         = "eu-west-1"
    cpu_architecture   = "X86_64"
    ecs_execution_role = aws_iam_role.sidekiq_execution.arn
    ecs_task_role      = aws_iam_role.sidekiq_task.arn
    env                = "prod"
    image              = "registry.example.com/shop/rails:5.2"
    launch_type        = "FARGATE"
    log_group          = aws_cloudwatch_log_group.sidekiq.name
    memory_reservation = 1024
    network_mode       = "awsvpc"
    port_mappings      = []
    project_id         = "shop"
    sidecars           = []
    task_options       = {}
    container_options = {
      stopTimeout = 60
      command     = ["bundle", "exec", "sidekiq"]
    }
    environment = [
      { name = "RAILS_ENV", value = "production" },
      { name = "RAILS_LOG_TO_STDOUT", value = "1" },
      {
        name  = "REDIS_URL"
        value = "rediss://${aws_elasticache_replication_group.redis.primary_endpoint_address}:6379"
      },
      { name = "UPLOADS_BUCKET", value = aws_s3_bucket.uploads.id },
    ]
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

  sidekiq_task_definition = templatefile(
    "${path.module}/templates/service.json.tpl",
    local.sidekiq_task
  )
}

resource "aws_cloudwatch_log_group" "sidekiq" {
  name              = "/aws/ecs/shop-prod/sidekiq"
  kms_key_id        = aws_kms_key.main.arn
  retention_in_days = 30

  tags = {
    Name = "/aws/ecs/shop-prod/sidekiq"
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_security_group" "sidekiq_tasks" {
  name        = "sidekiq-shop-prod"
  description = "Tasks of sidekiq"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "sidekiq-shop-prod"
  }
}

resource "aws_vpc_security_group_egress_rule" "sidekiq_tasks_open" {
  description       = "Everything: egress is open"
  security_group_id = aws_security_group.sidekiq_tasks.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

resource "aws_iam_role" "sidekiq_execution" {
  name        = "shop-prod-sidekiq-execution"
  description = "Starts the tasks of sidekiq of shop-prod"

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
    Name = "shop-prod-sidekiq-execution"
  }
}

resource "aws_iam_role" "sidekiq_task" {
  name        = "shop-prod-sidekiq-task"
  description = "What the containers may do in the tasks of sidekiq of shop-prod"

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
    Name = "shop-prod-sidekiq-task"
  }
}

resource "aws_iam_role_policy" "sidekiq_execution" {
  name = "permissions"
  role = aws_iam_role.sidekiq_execution.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["${aws_cloudwatch_log_group.sidekiq.arn}:*"]
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

resource "aws_iam_role_policy" "sidekiq_task" {
  name = "permissions"
  role = aws_iam_role.sidekiq_task.name

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
    ]
  })
}

# For CI pipelines: the input of `aws ecs register-task-definition --cli-input-json`.
resource "local_file" "sidekiq_task_definition" {
  filename             = "${path.module}/task-definitions/prod/sidekiq.latest.json"
  content              = local.sidekiq_task_definition
  directory_permission = "0755"
  file_permission      = "0644"
}

# The template renders the whole task definition; only its container definitions are used here.
resource "aws_ecs_task_definition" "sidekiq" {
  family                   = "sidekiq-shop-prod"
  cpu                      = "512"
  memory                   = "1024"
  container_definitions    = jsonencode(jsondecode(local.sidekiq_task_definition).containerDefinitions)
  execution_role_arn       = aws_iam_role.sidekiq_execution.arn
  network_mode             = "awsvpc"
  skip_destroy             = true
  task_role_arn            = aws_iam_role.sidekiq_task.arn
  requires_compatibilities = ["FARGATE"]

  runtime_platform {
    cpu_architecture        = "X86_64"
    operating_system_family = "LINUX"
  }

  tags = {
    Name = "sidekiq-shop-prod"
  }
}

# Without force_new_deployment, a change of the capacity provider strategy replaces the service. The
# first tasks need what is in depends_on.
resource "aws_ecs_service" "sidekiq" {
  name                               = "sidekiq-service-shop-prod"
  cluster                            = aws_ecs_cluster.web_cluster.arn
  task_definition                    = aws_ecs_task_definition.sidekiq.arn
  desired_count                      = 2
  availability_zone_rebalancing      = "ENABLED"
  deployment_maximum_percent         = 200
  deployment_minimum_healthy_percent = 100
  enable_ecs_managed_tags            = true
  enable_execute_command             = false
  force_new_deployment               = var.sidekiq_force_new_deployment
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

  network_configuration {
    assign_public_ip = false
    security_groups  = [aws_security_group.sidekiq_tasks.id]
    subnets          = [aws_subnet.private_0.id, aws_subnet.private_1.id]
  }

  tags = {
    Name = "sidekiq-service-shop-prod"
  }

  depends_on = [
    aws_ecs_cluster_capacity_providers.web_cluster,
    aws_iam_role_policy.sidekiq_execution,
    aws_iam_role_policy.sidekiq_task,
    aws_rds_cluster_instance.db,
    aws_vpc_security_group_ingress_rule.db_store_from_sidekiq,
    aws_elasticache_replication_group.redis,
    aws_vpc_security_group_ingress_rule.redis_store_from_sidekiq,
    aws_vpc_security_group_egress_rule.sidekiq_tasks_open,
    aws_route.private_0,
    aws_route.private_1,
    aws_route_table_association.private_0,
    aws_route_table_association.private_1,
    aws_vpc_endpoint.s3,
  ]
}
