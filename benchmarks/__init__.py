"""What one machine does with one node: memory, time to start, inbox requests, deliveries."""
