"""Personal data as 个人信息保护法 sees them: what is held on a person, and the wiping of what was kept long enough."""
