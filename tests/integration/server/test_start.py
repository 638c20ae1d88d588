import subprocess
import sys


def test_the_overview_loads_neither_the_core_nor_the_web_server():
    program = (
        "import sys\n"
        "from smscore_server.cli import smscore\n"
        "smscore.main(['--help'], standalone_mode=False)\n"
        "print([name for name in ('smscore', 'uvicorn', 'sqlalchemy') if name in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True
    )

    assert answer.stdout.splitlines()[-1] == "[]"
