"""
The use cases: one short class each, with the ports it needs handed in.
"""
