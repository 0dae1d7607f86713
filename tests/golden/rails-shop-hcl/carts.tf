# Carts of visitors who are not signed in.
resource "aws_dynamodb_table" "carts" {
  name         = "${local.ecsforge.project_id}-${local.ecsforge.env}-carts"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "visitor"

  attribute {
    name = "visitor"
    type = "S"
  }

  ttl {
    attribute_name = "expires_at"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }
}
