variable "other_force_new_deployment" {
  type        = bool
  description = "Whether the next change restarts all tasks of other. If false, Terraform replaces the service when its capacity changes."
  default     = false
}

locals {
  other_task = {
    name               = "other"
    family             = "other-built-prod"
    cpu                = 512
    memory             = 1024
    aws_region         = "eu-west-1"
    cpu_architecture   = "X86_64"
    ecs_execution_role = aws_iam_role.other_execution.arn
    ecs_task_role      = aws_iam_role.other_task.arn
    env                = "prod"
    environment        = []
    image              = "ghcr.io/acme/other:1"
    launch_type        = "FARGATE"
    log_group          = aws_cloudwatch_log_group.other.name
    memory_reservation = 1024
    network_mode       = "awsvpc"
    port_mappings      = []
    project_id         = "built"
    secrets            = []
    sidecars           = []
    task_options       = {}
    container_options = {
      stopTimeout           = 30
      repositoryCredentials = { credentialsParameter = "ghcr" }
    }
  }

  other_task_definition = templatefile(
    "${path.module}/templates/service.json.tpl",
    local.other_task
  )
}

resource "aws_cloudwatch_log_group" "other" {
  name              = "/aws/ecs/built-prod/other"
  kms_key_id        = aws_kms_key.main.arn
  retention_in_days = 30

  tags = {
    Name = "/aws/ecs/built-prod/other"
  }
}

resource "aws_security_group" "other_tasks" {
  name        = "other-built-prod"
  description = "Tasks of other"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "other-built-prod"
  }
}

resource "aws_vpc_security_group_egress_rule" "other_tasks_open" {
  description       = "Everything: egress is open"
  security_group_id = aws_security_group.other_tasks.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

resource "aws_iam_role" "other_execution" {
  name        = "built-prod-other-execution"
  description = "Starts the tasks of other of built-prod"

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
    Name = "built-prod-other-execution"
  }
}

resource "aws_iam_role" "other_task" {
  name        = "built-prod-other-task"
  description = "What the containers may do in the tasks of other of built-prod"

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
    Name = "built-prod-other-task"
  }
}

resource "aws_iam_role_policy" "other_execution" {
  name = "permissions"
  role = aws_iam_role.other_execution.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["${aws_cloudwatch_log_group.other.arn}:*"]
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
          "arn:${data.aws_partition.current.partition}:ecr:eu-central-1:210987654321:repository/built/other",
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
resource "local_file" "other_task_definition" {
  filename             = "${path.module}/task-definitions/prod/other.latest.json"
  content              = local.other_task_definition
  directory_permission = "0755"
  file_permission      = "0644"
}

# The template renders the whole task definition; only its container definitions are used here.
resource "aws_ecs_task_definition" "other" {
  family                   = "other-built-prod"
  cpu                      = "512"
  memory                   = "1024"
  container_definitions    = jsonencode(jsondecode(local.other_task_definition).containerDefinitions)
  execution_role_arn       = aws_iam_role.other_execution.arn
  network_mode             = "awsvpc"
  skip_destroy             = true
  task_role_arn            = aws_iam_role.other_task.arn
  requires_compatibilities = ["FARGATE"]

  runtime_platform {
    cpu_architecture        = "X86_64"
    operating_system_family = "LINUX"
  }

  tags = {
    Name = "other-built-prod"
  }
}

# Without force_new_deployment, a change of the capacity provider strategy replaces the service. The
# first tasks need what is in depends_on.
resource "aws_ecs_service" "other" {
  name                               = "other-service-built-prod"
  cluster                            = aws_ecs_cluster.web_cluster.arn
  task_definition                    = aws_ecs_task_definition.other.arn
  desired_count                      = 2
  availability_zone_rebalancing      = "ENABLED"
  deployment_maximum_percent         = 200
  deployment_minimum_healthy_percent = 100
  enable_ecs_managed_tags            = true
  enable_execute_command             = false
  force_new_deployment               = var.other_force_new_deployment
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
    security_groups  = [aws_security_group.other_tasks.id]
    subnets          = [aws_subnet.private_0.id, aws_subnet.private_1.id]
  }

  tags = {
    Name = "other-service-built-prod"
  }

  depends_on = [
    aws_ecs_cluster_capacity_providers.web_cluster,
    aws_iam_role_policy.other_execution,
    aws_vpc_security_group_egress_rule.other_tasks_open,
    aws_route.private_0,
    aws_route.private_1,
    aws_route_table_association.private_0,
    aws_route_table_association.private_1,
    aws_vpc_endpoint.s3,
  ]
}
