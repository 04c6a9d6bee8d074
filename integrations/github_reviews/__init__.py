"""Pull requests of the evidence repository and the reviews people give them, asked of GitHub."""

from integrations.github_reviews.desk import GitHubReviews

__all__ = ["GitHubReviews"]
