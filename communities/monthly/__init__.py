"""The page on which a clerk enters the month of one community, and the list of what is entered. Import from its modules."""
