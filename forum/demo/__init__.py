"""The demo world: invented people of real councils, and what they say to each other. Nothing else imports it but the
terminal and tests. The words are in the TOML and CSV files; the code gives them people and dates."""
