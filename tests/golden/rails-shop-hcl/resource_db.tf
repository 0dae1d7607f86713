resource "aws_db_subnet_group" "db" {
  name        = "shop-prod-db"
  description = "Subnets of db in shop-prod"
  subnet_ids  = [aws_subnet.private_0.id, aws_subnet.private_1.id]

  tags = {
    Name = "shop-prod-db"
  }
}

resource "aws_security_group" "db_store" {
  name        = "stores-shop-prod/db"
  description = "Clients of the database db"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "stores-shop-prod/db"
  }
}

# A new password in every run; the secret keeps the one of its last write.
ephemeral "aws_secretsmanager_random_password" "db_password" {
  exclude_punctuation = true
  password_length     = 32
}

resource "aws_secretsmanager_secret" "db_password" {
  name                    = "shop-prod/db/password"
  description             = "Password of db in shop-prod"
  kms_key_id              = aws_kms_key.main.arn
  recovery_window_in_days = 30

  tags = {
    Name = "shop-prod/db/password"
  }
}

# Another version writes another password: `password_version` in the project file.
resource "aws_secretsmanager_secret_version" "db_password" {
  secret_id                = aws_secretsmanager_secret.db_password.id
  secret_string_wo         = ephemeral.aws_secretsmanager_random_password.db_password.random_password
  secret_string_wo_version = 1
}

# Read again, so that the database has the password that the secret has.
ephemeral "aws_secretsmanager_secret_version" "db_password" {
  secret_id  = aws_secretsmanager_secret_version.db_password.secret_id
  version_id = aws_secretsmanager_secret_version.db_password.version_id
}

resource "aws_rds_cluster_parameter_group" "db" {
  name        = "shop-prod-db-aurora-postgresql16"
  family      = "aurora-postgresql16"
  description = "Parameters of db in shop-prod"

  parameter {
    name         = "rds.force_ssl"
    value        = "1"
    apply_method = "pending-reboot"
  }

  tags = {
    Name = "shop-prod-db"
  }

  lifecycle {
    create_before_destroy = true
  }
}

# The password is write-only: it is in no plan and not in the state.
resource "aws_rds_cluster" "db" {
  allow_major_version_upgrade     = true
  apply_immediately               = true
  backup_retention_period         = 14
  cluster_identifier              = "shop-prod-db"
  copy_tags_to_snapshot           = true
  database_name                   = "app"
  db_cluster_parameter_group_name = aws_rds_cluster_parameter_group.db.name
  db_subnet_group_name            = aws_db_subnet_group.db.name
  deletion_protection             = true
  engine                          = "aurora-postgresql"
  engine_version                  = "16"
  final_snapshot_identifier       = "shop-prod-db-${formatdate("YYYYMMDDhhmmss", plantimestamp())}"
  kms_key_id                      = aws_kms_key.main.arn
  master_password_wo              = ephemeral.aws_secretsmanager_secret_version.db_password.secret_string
  master_username                 = "app"
  skip_final_snapshot             = false
  storage_encrypted               = true
  vpc_security_group_ids          = [aws_security_group.db_store.id]

  master_password_wo_version = parseint(
    substr(sha256(aws_secretsmanager_secret_version.db_password.version_id), 0, 8),
    16
  )

  serverlessv2_scaling_configuration {
    min_capacity = 0.5
    max_capacity = 8
  }

  tags = {
    Name = "shop-prod-db"
  }

  lifecycle {
    ignore_changes  = [final_snapshot_identifier]
    prevent_destroy = true
  }
}

resource "aws_rds_cluster_instance" "db" {
  identifier            = "shop-prod-db"
  apply_immediately     = true
  cluster_identifier    = aws_rds_cluster.db.id
  copy_tags_to_snapshot = true
  db_subnet_group_name  = aws_db_subnet_group.db.name
  engine                = aws_rds_cluster.db.engine
  engine_version        = aws_rds_cluster.db.engine_version
  instance_class        = "db.serverless"
  publicly_accessible   = false

  tags = {
    Name = "shop-prod-db"
  }
}

resource "aws_secretsmanager_secret" "db_connection" {
  name                    = "shop-prod/db/connection"
  description             = "Connection to db in shop-prod"
  kms_key_id              = aws_kms_key.main.arn
  recovery_window_in_days = 30

  tags = {
    Name = "shop-prod/db/connection"
  }
}

# Written again with another password, or another host.
resource "aws_secretsmanager_secret_version" "db_connection" {
  secret_id = aws_secretsmanager_secret.db_connection.id

  secret_string_wo = jsonencode({
    engine   = "postgres"
    host     = aws_rds_cluster.db.endpoint
    port     = aws_rds_cluster.db.port
    username = aws_rds_cluster.db.master_username
    password = ephemeral.aws_secretsmanager_secret_version.db_password.secret_string
    database = aws_rds_cluster.db.database_name
    url = format(
      "postgresql://%s:%s@%s:%s/%s?sslmode=require",
      aws_rds_cluster.db.master_username,
      ephemeral.aws_secretsmanager_secret_version.db_password.secret_string,
      aws_rds_cluster.db.endpoint,
      aws_rds_cluster.db.port,
      aws_rds_cluster.db.database_name
    )
  })

  secret_string_wo_version = parseint(
    substr(
      sha256(
        "${aws_secretsmanager_secret_version.db_password.version_id} ${aws_rds_cluster.db.endpoint}"
      ),
      0,
      8
    ),
    16
  )
}

resource "aws_vpc_security_group_ingress_rule" "db_store_from_web" {
  description                  = "Tasks of web"
  security_group_id            = aws_security_group.db_store.id
  referenced_security_group_id = aws_security_group.web_tasks.id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_vpc_security_group_ingress_rule" "db_store_from_sidekiq" {
  description                  = "Tasks of sidekiq"
  security_group_id            = aws_security_group.db_store.id
  referenced_security_group_id = aws_security_group.sidekiq_tasks.id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}
