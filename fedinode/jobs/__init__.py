"""Heavy tools, each a process of its own with limits on memory and time; `serve` never imports them."""
