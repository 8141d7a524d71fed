"""What the demo pages of both packages share."""
