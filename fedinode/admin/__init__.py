"""The desk: where members sign in, see what waits, and decide. Thin: parse, call one service, render."""
