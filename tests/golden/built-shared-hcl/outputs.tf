output "repository_urls" {
  description = "URLs of the ECR repositories, by service"

  value = {
    night-job = aws_ecr_repository.night_job.repository_url
    other     = aws_ecr_repository.other.repository_url
    web       = aws_ecr_repository.web.repository_url
    worker    = aws_ecr_repository.worker.repository_url
  }
}
