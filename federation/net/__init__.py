"""The only room of the protocol that talks to other servers.

egress.py decides which addresses may be reached, client.py fetches and posts, discovery.py turns handles and
key ids into actors and keys, delivery.py makes one attempt to deliver one activity.
"""
