"""The pages of contact persons (联系方式)."""
