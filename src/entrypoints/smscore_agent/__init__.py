"""
A device agent: fetches messages from a server's queue API and sends them by channels of its own.
"""

from smscore_agent._agent import Agent, Balance
from smscore_agent._options import AgentOptions, token_reader

__all__ = ["Agent", "AgentOptions", "Balance", "token_reader"]
