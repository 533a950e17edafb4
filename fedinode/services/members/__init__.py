"""Members: how they sign in, what their roles let them do, what they are told, what they decide together."""
