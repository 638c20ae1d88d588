import sys
from pathlib import Path

# What judges is a module beside the tests, which are no package.
sys.path.insert(0, str(Path(__file__).parent))
