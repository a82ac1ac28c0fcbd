"""社区公共服务综合信息平台 [四（一）3]: what residents may hand in at a counter, and who decides it."""
