"""
The command line of smscore, and the server and the demo that it starts.
"""
