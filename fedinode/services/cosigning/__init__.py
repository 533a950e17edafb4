"""Co-signing on the node: who is asked, who agrees, who is listed, how copies of the list stay equal."""
