resource "aws_kms_key" "main" {
  description             = "Encrypts what built-shared keeps"
  deletion_window_in_days = 30
  enable_key_rotation     = true

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid    = "Account"
      Effect = "Allow"
      Principal = {
        AWS = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root"
      }
      Action   = "kms:*"
      Resource = "*"
    }]
  })

  tags = {
    Name = "built-shared"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_kms_alias" "main" {
  name          = "alias/built-shared"
  target_key_id = aws_kms_key.main.key_id
}
