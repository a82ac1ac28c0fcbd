"""The pages of service points (服务站点)."""
