"""Target plans of the policy, monthly measures of the registers, and their results."""
