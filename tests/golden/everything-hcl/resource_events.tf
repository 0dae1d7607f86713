resource "aws_sns_topic" "events" {
  name              = "everything-prod-events.fifo"
  fifo_topic        = true
  kms_master_key_id = aws_kms_key.main.arn

  tags = {
    Name = "everything-prod-events.fifo"
  }
}

resource "aws_sns_topic_policy" "events" {
  arn = aws_sns_topic.events.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = { AWS = "*" }
      Action    = "sns:Publish"
      Resource  = [aws_sns_topic.events.arn]
      Condition = {
        Bool = { "aws:SecureTransport" = "false" }
      }
    }]
  })
}
