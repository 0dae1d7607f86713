# The encryption of a repository can't change; Terraform would replace it with its images.
resource "aws_ecr_repository" "other" {
  name                 = "built/other"
  force_delete         = false
  image_tag_mutability = "IMMUTABLE"

  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = aws_kms_key.main.arn
  }

  image_scanning_configuration {
    scan_on_push = true
  }

  tags = {
    Name = "built/other"
  }

  lifecycle {
    ignore_changes = [encryption_configuration]
  }
}

resource "aws_ecr_lifecycle_policy" "other" {
  repository = aws_ecr_repository.other.name

  policy = jsonencode({
    rules = [
      {
        description  = "Keep what environments run"
        rulePriority = 1
        action       = { type = "expire" }
        selection = {
          countNumber   = 9999
          countType     = "imageCountMoreThan"
          tagStatus     = "tagged"
          tagPrefixList = ["deployed-"]
        }
      },
      {
        description  = "Remove untagged images after 7 days"
        rulePriority = 2
        action       = { type = "expire" }
        selection = {
          countNumber = 7
          countType   = "sinceImagePushed"
          countUnit   = "days"
          tagStatus   = "untagged"
        }
      },
      {
        description  = "Keep the last 30 images"
        rulePriority = 3
        action       = { type = "expire" }
        selection = {
          countNumber = 30
          countType   = "imageCountMoreThan"
          tagStatus   = "any"
        }
      },
    ]
  })
}

resource "aws_ecr_repository_policy" "other" {
  repository = aws_ecr_repository.other.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Environments"
      Effect    = "Allow"
      Principal = { AWS = ["arn:aws:iam::123456789012:root"] }
      Action = [
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:DescribeImages",
        "ecr:DescribeRepositories",
        "ecr:GetDownloadUrlForLayer",
        "ecr:ListImages",
        "ecr:PutImage",
      ]
    }]
  })
}
