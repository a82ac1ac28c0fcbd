"""What the policy asks: plans, indicators, submissions, monthly measures and results."""
