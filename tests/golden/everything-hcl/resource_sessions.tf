resource "aws_dynamodb_table" "sessions" {
  name                        = "everything-prod-sessions"
  billing_mode                = "PAY_PER_REQUEST"
  deletion_protection_enabled = true
  hash_key                    = "id"
  range_key                   = "at"

  attribute {
    name = "id"
    type = "S"
  }

  attribute {
    name = "at"
    type = "N"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = aws_kms_key.main.arn
  }

  ttl {
    enabled        = true
    attribute_name = "expires_at"
  }

  tags = {
    Name = "everything-prod-sessions"
  }

  lifecycle {
    prevent_destroy = true
  }
}
