"""
One modem from day to day: kept, served, watched, and recovered when it is sick.
"""
