"""What the portal hands out as workbooks: templates, exports, and the user's own file with its problems marked."""
