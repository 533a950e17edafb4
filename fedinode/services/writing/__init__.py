"""Texts that members write at the desk: working copies, from an outline to what is released."""
