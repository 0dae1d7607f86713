variable "web_force_new_deployment" {
  type        = bool
  description = "Whether the next change restarts all tasks of web. If false, Terraform replaces the service when its capacity changes."
  default     = false
}

locals {
  web_task = {
    name               = "web"
    family             = "web-everything-prod"
    port               = 8080
    cpu                = 512
    memory             = 1024
    aws_region         = "eu-central-1"
    cpu_architecture   = "X86_64"
    ecs_execution_role = aws_iam_role.web_execution.arn
    ecs_task_role      = aws_iam_role.web_task.arn
    env                = "prod"
    image              = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/web:1.4"
    launch_type        = "FARGATE"
    log_group          = aws_cloudwatch_log_group.web.name
    memory_reservation = 1024
    network_mode       = "awsvpc"
    project_id         = "everything"
    sidecars           = []
    container_options = {
      readonlyRootFilesystem = true
      stopTimeout            = 30
      environmentFiles = [{
        type  = "s3"
        value = "arn:${data.aws_partition.current.partition}:s3:::everything-config/web.env"
      }]
      mountPoints = [
        { containerPath = "/data", readOnly = false, sourceVolume = "data" },
        { containerPath = "/tmp", readOnly = false, sourceVolume = "writable-0" },
      ]
    }
    environment = [
      { name = "EVENTS_TOPIC", value = aws_sns_topic.events.arn },
      { name = "PORT", value = "8080" },
      { name = "UPLOADS", value = aws_s3_bucket.uploads.id },
      { name = "WORK_QUEUE", value = aws_sqs_queue.worker_queue.url },
    ]
    port_mappings = [{
      name          = "web"
      protocol      = "tcp"
      appProtocol   = "http"
      containerPort = 8080
      hostPort      = 8080
    }]
    secrets = [
      {
        name      = "API_KEY"
        valueFrom = "arn:${data.aws_partition.current.partition}:secretsmanager:eu-central-1:${data.aws_caller_identity.current.account_id}:secret:everything/api:key::"
      },
      {
        name      = "DB_URL"
        valueFrom = "arn:${data.aws_partition.current.partition}:ssm:eu-central-1:${data.aws_caller_identity.current.account_id}:parameter/everything/prod/db-url"
      },
    ]
    task_options = {
      volumes = [
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
        { name = "writable-0", host = {} },
      ]
    }
  }

  web_task_definition = templatefile("${path.module}/templates/service.json.tpl", local.web_task)
}

resource "aws_cloudwatch_log_group" "web" {
  name              = "/aws/ecs/everything-prod/web"
  kms_key_id        = aws_kms_key.main.arn
  retention_in_days = 30

  tags = {
    Name = "/aws/ecs/everything-prod/web"
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_security_group" "web_tasks" {
  name        = "web-everything-prod"
  description = "Tasks of web"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "web-everything-prod"
  }
}

resource "aws_vpc_security_group_egress_rule" "web_tasks_443_anywhere" {
  description       = "Port 443 of 0.0.0.0/0"
  security_group_id = aws_security_group.web_tasks.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "web_tasks_5432_10_50_0_0_24" {
  description       = "Port 5432 of 10.50.0.0/24"
  security_group_id = aws_security_group.web_tasks.id
  cidr_ipv4         = "10.50.0.0/24"
  ip_protocol       = "tcp"
  from_port         = 5432
  to_port           = 5432
}

resource "aws_vpc_security_group_egress_rule" "web_tasks_6379_sg_0123456789abcdef0" {
  description                  = "Port 6379 of sg-0123456789abcdef0"
  security_group_id            = aws_security_group.web_tasks.id
  referenced_security_group_id = "sg-0123456789abcdef0"
  ip_protocol                  = "tcp"
  from_port                    = 6379
  to_port                      = 6379
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
  name                 = "everything-prod-web-8080"
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
    Name = "everything-prod-web-8080"
  }

  lifecycle {
    create_before_destroy = true
  }
}

# The priority is derived from the conditions, so adding another service does not change it.
resource "aws_lb_listener_rule" "web_https" {
  priority     = 47673
  listener_arn = aws_lb_listener.https.arn

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
    Name = "web-everything-prod"
  }
}

resource "aws_efs_file_system" "web_data" {
  creation_token = "everything-prod-web/data"
  encrypted      = true
  kms_key_id     = aws_kms_key.main.arn

  tags = {
    Name = "everything-prod-web/data"
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_efs_backup_policy" "web_data" {
  file_system_id = aws_efs_file_system.web_data.id

  backup_policy {
    status = "ENABLED"
  }
}

resource "aws_efs_file_system_policy" "web_data" {
  file_system_id = aws_efs_file_system.web_data.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = { AWS = "*" }
      Action = [
        "elasticfilesystem:ClientMount",
        "elasticfilesystem:ClientRootAccess",
        "elasticfilesystem:ClientWrite",
      ]
      Resource = [aws_efs_file_system.web_data.arn]
      Condition = {
        Bool = { "aws:SecureTransport" = "false" }
      }
    }]
  })
}

resource "aws_security_group" "web_data_efs" {
  name        = "efs-everything-prod-web/data"
  description = "Mount targets of everything-prod-web/data"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "efs-everything-prod-web/data"
  }
}

resource "aws_vpc_security_group_ingress_rule" "web_data_efs_nfs" {
  description                  = "NFS from web tasks"
  security_group_id            = aws_security_group.web_data_efs.id
  referenced_security_group_id = aws_security_group.web_tasks.id
  ip_protocol                  = "tcp"
  from_port                    = 2049
  to_port                      = 2049
}

resource "aws_efs_mount_target" "web_data_0" {
  subnet_id       = aws_subnet.private_0.id
  file_system_id  = aws_efs_file_system.web_data.id
  security_groups = [aws_security_group.web_data_efs.id]
}

resource "aws_efs_mount_target" "web_data_1" {
  subnet_id       = aws_subnet.private_1.id
  file_system_id  = aws_efs_file_system.web_data.id
  security_groups = [aws_security_group.web_data_efs.id]
}

resource "aws_efs_mount_target" "web_data_2" {
  subnet_id       = aws_subnet.private_2.id
  file_system_id  = aws_efs_file_system.web_data.id
  security_groups = [aws_security_group.web_data_efs.id]
}

resource "aws_efs_access_point" "web_data" {
  file_system_id = aws_efs_file_system.web_data.id

  posix_user {
    gid = 1000
    uid = 1000
  }

  root_directory {
    path = "/data"

    creation_info {
      owner_gid   = 1000
      owner_uid   = 1000
      permissions = "0755"
    }
  }

  tags = {
    Name = "everything-prod-web/data"
  }
}

resource "aws_vpc_security_group_egress_rule" "web_tasks_efs_data" {
  description                  = "Volume data"
  security_group_id            = aws_security_group.web_tasks.id
  referenced_security_group_id = aws_security_group.web_data_efs.id
  ip_protocol                  = "tcp"
  from_port                    = 2049
  to_port                      = 2049
}

resource "aws_iam_role" "web_execution" {
  name                 = "everything-prod-web-execution"
  description          = "Starts the tasks of web of everything-prod"
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
    Name = "everything-prod-web-execution"
  }
}

resource "aws_iam_role" "web_task" {
  name                 = "everything-prod-web-task"
  description          = "What the containers may do in the tasks of web of everything-prod"
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
    Name = "everything-prod-web-task"
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
          "arn:${data.aws_partition.current.partition}:ecr:eu-central-1:123456789012:repository/web",
        ]
      },
      {
        Sid    = "ReadParameters"
        Effect = "Allow"
        Action = ["ssm:GetParameters"]
        Resource = [
          "arn:${data.aws_partition.current.partition}:ssm:eu-central-1:${data.aws_caller_identity.current.account_id}:parameter/everything/prod/db-url",
        ]
      },
      {
        Sid    = "ReadSecrets"
        Effect = "Allow"
        Action = ["secretsmanager:GetSecretValue"]
        Resource = [
          "arn:${data.aws_partition.current.partition}:secretsmanager:eu-central-1:${data.aws_caller_identity.current.account_id}:secret:everything/api-??????",
        ]
      },
      {
        Sid      = "ReadEnvironmentFiles"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = ["arn:${data.aws_partition.current.partition}:s3:::everything-config/web.env"]
      },
      {
        Sid      = "FindEnvironmentBuckets"
        Effect   = "Allow"
        Action   = ["s3:GetBucketLocation"]
        Resource = ["arn:${data.aws_partition.current.partition}:s3:::everything-config"]
      },
      {
        Sid    = "DecryptSecrets"
        Effect = "Allow"
        Action = ["kms:Decrypt"]
        Resource = [
          "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555",
        ]
        Condition = {
          StringEquals = {
            "kms:ViaService" = [
              "s3.eu-central-1.amazonaws.com",
              "secretsmanager.eu-central-1.amazonaws.com",
              "ssm.eu-central-1.amazonaws.com",
            ]
          }
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
        Sid      = "MountVolume1"
        Effect   = "Allow"
        Action   = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
        Resource = [aws_efs_file_system.web_data.arn]
        Condition = {
          StringEquals = { "elasticfilesystem:AccessPointArn" = aws_efs_access_point.web_data.arn }
        }
      },
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
          StringEquals = { "kms:ViaService" = "s3.eu-central-1.amazonaws.com" }
        }
      },
      {
        Sid      = "Use2Publish"
        Effect   = "Allow"
        Action   = ["sns:Publish"]
        Resource = [aws_sns_topic.events.arn]
      },
      {
        Sid      = "Use2Key"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = [aws_kms_key.main.arn]
        Condition = {
          StringEquals = { "kms:ViaService" = "sns.eu-central-1.amazonaws.com" }
        }
      },
      {
        Sid      = "Use3Send"
        Effect   = "Allow"
        Action   = ["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SendMessage"]
        Resource = [aws_sqs_queue.worker_queue.arn]
      },
      {
        Sid      = "Use3Key"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = [aws_kms_key.main.arn]
        Condition = {
          StringEquals = { "kms:ViaService" = "sqs.eu-central-1.amazonaws.com" }
        }
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
  family                   = "web-everything-prod"
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
    name = "writable-0"
  }

  tags = {
    Name = "web-everything-prod"
  }
}

# Without force_new_deployment, a change of the capacity provider strategy replaces the service, and
# a change of triggers has no effect. The first tasks need what is in depends_on.
resource "aws_ecs_service" "web" {
  name                               = "web-service-everything-prod"
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

  triggers = {
    endpoints = "api:9901"
  }

  alarms {
    enable   = false
    rollback = false

    alarm_names = [
      aws_cloudwatch_metric_alarm.web_cpu_percent.alarm_name,
      aws_cloudwatch_metric_alarm.web_http_5xx_percent.alarm_name,
      aws_cloudwatch_metric_alarm.web_log_errors.alarm_name,
    ]
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
    container_name   = "web"
    container_port   = 8080
    target_group_arn = aws_lb_target_group.web.arn
  }

  network_configuration {
    assign_public_ip = false
    security_groups  = [aws_security_group.web_tasks.id]
    subnets          = [aws_subnet.private_0.id, aws_subnet.private_1.id, aws_subnet.private_2.id]
  }

  service_connect_configuration {
    enabled   = true
    namespace = aws_service_discovery_http_namespace.main.arn

    log_configuration {
      log_driver = "awslogs"

      options = {
        awslogs-group         = aws_cloudwatch_log_group.web.name
        awslogs-region        = "eu-central-1"
        awslogs-stream-prefix = "connect"
      }
    }

    service {
      discovery_name = "web"
      port_name      = "web"

      client_alias {
        port     = 8080
        dns_name = "web"
      }
    }
  }

  tags = {
    Name = "web-service-everything-prod"
  }

  depends_on = [
    aws_ecs_cluster_capacity_providers.web_cluster,
    aws_lb_listener_rule.web_https,
    aws_iam_role_policy.web_execution,
    aws_iam_role_policy.web_task,
    aws_efs_mount_target.web_data_0,
    aws_efs_mount_target.web_data_1,
    aws_efs_mount_target.web_data_2,
    aws_vpc_security_group_egress_rule.web_tasks_443_anywhere,
    aws_vpc_security_group_egress_rule.web_tasks_5432_10_50_0_0_24,
    aws_vpc_security_group_egress_rule.web_tasks_6379_sg_0123456789abcdef0,
    aws_vpc_security_group_ingress_rule.web_tasks_load_balancer,
    aws_vpc_security_group_egress_rule.web_tasks_efs_data,
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
    aws_sns_topic_subscription.worker_events,
  ]
}

resource "aws_vpc_security_group_ingress_rule" "web_tasks_from_api" {
  description                  = "Service Connect: api"
  security_group_id            = aws_security_group.web_tasks.id
  referenced_security_group_id = aws_security_group.api_tasks.id
  ip_protocol                  = "tcp"
  from_port                    = 8080
  to_port                      = 8080
}

resource "aws_vpc_security_group_egress_rule" "web_tasks_to_api" {
  description                  = "Service Connect: api"
  security_group_id            = aws_security_group.web_tasks.id
  referenced_security_group_id = aws_security_group.api_tasks.id
  ip_protocol                  = "tcp"
  from_port                    = 9901
  to_port                      = 9901
}

resource "aws_cloudwatch_metric_alarm" "web_cpu_percent" {
  alarm_name          = "everything-prod-web-cpu-percent"
  alarm_description   = "web of everything-prod: CPUUtilization above 85 percent"
  metric_name         = "CPUUtilization"
  namespace           = "AWS/ECS"
  statistic           = "Average"
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = 85
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]

  dimensions = {
    ClusterName = "web-cluster-everything-prod"
    ServiceName = "web-service-everything-prod"
  }
}

resource "aws_cloudwatch_metric_alarm" "web_http_5xx_percent" {
  alarm_name          = "everything-prod-web-http-5xx-percent"
  alarm_description   = "web of everything-prod: more than 5 percent of the requests answered with 5xx"
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = 5
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]

  metric_query {
    id          = "share"
    expression  = "IF(requests > 0, 100 * FILL(errors, 0) / requests, 0)"
    label       = "Answers with 5xx, in percent"
    return_data = true
  }

  metric_query {
    id          = "errors"
    return_data = false

    metric {
      metric_name = "HTTPCode_Target_5XX_Count"
      namespace   = "AWS/ApplicationELB"
      stat        = "Sum"
      period      = 60

      dimensions = {
        LoadBalancer = aws_lb.main.arn_suffix
        TargetGroup  = aws_lb_target_group.web.arn_suffix
      }
    }
  }

  metric_query {
    id          = "requests"
    return_data = false

    metric {
      metric_name = "RequestCount"
      namespace   = "AWS/ApplicationELB"
      stat        = "Sum"
      period      = 60

      dimensions = {
        LoadBalancer = aws_lb.main.arn_suffix
        TargetGroup  = aws_lb_target_group.web.arn_suffix
      }
    }
  }
}

resource "aws_cloudwatch_log_metric_filter" "web_log_errors" {
  name           = "everything-prod-web-log-errors"
  log_group_name = aws_cloudwatch_log_group.web.name
  pattern        = "ERROR"

  metric_transformation {
    name          = "web-log-errors"
    value         = "1"
    namespace     = "everything-prod"
    default_value = "0"
  }
}

resource "aws_cloudwatch_metric_alarm" "web_log_errors" {
  alarm_name          = "everything-prod-web-log-errors"
  alarm_description   = "web of everything-prod: 10 lines or more in five minutes that match the pattern"
  metric_name         = "web-log-errors"
  namespace           = "everything-prod"
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  datapoints_to_alarm = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 10
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}
