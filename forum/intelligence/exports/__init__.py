"""A summary as a file, a format a module. It says what the page says, and that it is not for circulation."""

NOT_FOR_CIRCULATION = "working figures, not for circulation"
FILE_NAME = "themes-working-figures"
