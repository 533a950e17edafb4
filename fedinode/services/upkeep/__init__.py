"""How the node is, who did what here, what is kept how long, and how it is shut in danger."""
