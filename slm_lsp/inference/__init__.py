"""The only room that starts a process: the model lives in a child that cannot reach the network."""
