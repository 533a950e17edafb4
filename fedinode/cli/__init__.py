"""The command line: thin commands that call one service each and say what happened.

main.py builds the parser from the groups' tables; one module per group of commands. An id that a
command makes stands alone on the first line of stdout; what people read besides goes to stderr.
"""
