"""
``python -m smscore_server``: the command line where no script is installed.
"""

from smscore_server.cli import main

main()
