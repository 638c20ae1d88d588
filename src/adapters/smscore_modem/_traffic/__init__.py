"""
What goes over a modem that is up: messages both ways, what a SIM may send, USSD, calls.
"""
