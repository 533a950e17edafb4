"""The protocol: HTTP messages, JSON documents, signatures, addressing, authority.

Nothing here knows a database or a web framework, and only ``federation.net`` does I/O. The rest takes the
time, the keys and the bytes as arguments.
"""
