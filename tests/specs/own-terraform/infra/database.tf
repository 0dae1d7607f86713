variable "db_instance_class" {
  type    = string
  default = "db.t4g.micro"
}

variable "db_password" {
  type      = string
  sensitive = true
  default   = "only-for-rehearsals"
}

resource "aws_db_subnet_group" "main" {
  name       = local.name
  subnet_ids = local.ecsforge.private_subnet_ids
}

resource "aws_security_group" "db" {
  name        = "${local.name}-db"
  description = "The database"
  vpc_id      = local.ecsforge.vpc_id
}

resource "aws_security_group" "db_clients" {
  name        = "${local.name}-db-clients"
  description = "Clients of the database"
  vpc_id      = local.ecsforge.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "db" {
  for_each = local.ecsforge.services

  description                  = "Tasks of ${each.key}"
  security_group_id            = aws_security_group.db.id
  referenced_security_group_id = each.value.security_group_id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_db_instance" "main" {
  identifier             = local.name
  engine                 = "postgres"
  engine_version         = "16.4"
  instance_class         = var.db_instance_class
  allocated_storage      = 20
  storage_encrypted      = true
  username               = "books"
  password               = var.db_password
  db_subnet_group_name   = aws_db_subnet_group.main.name
  vpc_security_group_ids = [aws_security_group.db.id]
  skip_final_snapshot    = true
}

resource "aws_secretsmanager_secret" "db" {
  name                    = "${local.name}-db"
  recovery_window_in_days = 0
}

resource "aws_secretsmanager_secret_version" "db" {
  secret_id     = aws_secretsmanager_secret.db.id
  secret_string = jsonencode({ password = var.db_password })
}

resource "aws_ssm_parameter" "api_key" {
  name  = "/${local.name}/api-key"
  type  = "SecureString"
  value = "made-up"
}
