"""What the tags add up to. Whatever leaves this package is safe to show to those who may summarise: see disclosure."""
