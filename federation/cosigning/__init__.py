"""Co-signing: consent to an exact text, given and listed so that anybody can check it (FEP-d2e1)."""
