"""People, and groups without a node, that sign a statement of ours."""
