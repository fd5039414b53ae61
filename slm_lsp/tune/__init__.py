"""Fine-tuning on the user's own repository, and what `training/` shares with it."""

# Reading a file more often than this teaches its letters, not its habits. Here, because the
# command line says it before anything large is imported.
MAX_LAPS = 24
