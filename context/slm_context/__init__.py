"""What the model should see: text in, snippets out, no LSP, no model, no process."""
