"""
What the services need of the world: protocols, and the plain values that cross them.
"""
