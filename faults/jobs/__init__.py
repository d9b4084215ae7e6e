"""Two jobs that behave as badly as a job can; known only to a worker that the harness started."""
