"""Pages of records of any register: changing one (`records`), merging duplicates (`merging`), `unmasking` one."""
