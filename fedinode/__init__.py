"""The node: storage, services, public site, worker and command line of fedinode."""
