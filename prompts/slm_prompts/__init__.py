"""How a completion is asked of each model: a pure leaf, shared by serving, evaluation and training."""
