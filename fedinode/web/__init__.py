"""The public site over HTTP: documents for servers, pages and feeds for people."""
