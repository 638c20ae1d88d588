"""
The store in memory, collection by collection: dictionaries that can undo.
"""

from smscore.testing._memory._unit import MemoryUnit

__all__ = ["MemoryUnit"]
