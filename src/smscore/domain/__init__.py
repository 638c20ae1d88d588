"""
The rules of the trade: values and pure functions.
"""
