import sys
from pathlib import Path

# The world and the load are modules beside the tests, which are no package.
sys.path.insert(0, str(Path(__file__).parent))
