"""What comes from outside: who is let in how far, what waits for a moderator, and complaints both ways."""
