"""What those whom we follow publish, and what our collectives do with it."""
