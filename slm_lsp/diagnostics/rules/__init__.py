"""Structural evidence, one rule a file: a pure function from a parsed function to suspicions.

The ids E1–E8 of the evidence are those of the rooms' README.
"""
