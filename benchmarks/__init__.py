"""What `make bench` measures: a real node as a process, over real HTTP, on this machine."""
