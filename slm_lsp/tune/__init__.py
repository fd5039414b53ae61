"""Fine-tuning on the user's own repository, and what `training/` shares with it."""
