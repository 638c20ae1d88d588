"""
What is said on one line: bytes and events, commands and answers, ports, the transcript.
"""
