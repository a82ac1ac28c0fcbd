"""How a register's spreadsheet is declared and cleaned. Registers declare theirs in `<app>/sheets`; uploads runs them."""
