"""Diagnostics that are right: syntax first, and two keys for everything else."""
