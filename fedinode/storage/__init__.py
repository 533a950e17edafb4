"""The tables, the one writer and the queries. Only this room knows SQL; nothing here speaks the protocol."""
