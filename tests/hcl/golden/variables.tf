variable "image" {
  type        = string
  description = "The image of the web service"
  default     = "nginx:$${latest}"

  validation {
    condition     = length(var.image) > 0
    error_message = "An image is needed."
  }
}
