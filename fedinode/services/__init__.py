"""What the node does, one module per verb: read, then network, then one write (each is a step of its own)."""
