"""Files, a format a module: pure functions from what is safe to show to bytes.

A summary as a file says what the page says, and that it is not for circulation. `words.py` is what makes the words of
people neutral, in every format.
"""

NOT_FOR_CIRCULATION = "working figures, not for circulation"
FILE_NAME = "themes-working-figures"
HIDDEN_FIGURES = (
    "[c] stands where a figure is hidden (confidential), because it rests on few people or councils, or because such a "
    "figure could be worked out from it. A true zero is shown as 0."
)
