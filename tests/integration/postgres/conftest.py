import sys
from pathlib import Path

# What several tests need is a module beside them, and they are no package; a plugin is another one.
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent / "plugin"))
