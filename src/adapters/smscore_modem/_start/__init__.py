"""
From a port to a modem that sends and receives: found, woken, identified, unlocked, set up.
"""
