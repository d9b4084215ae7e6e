"""`make bench`: the clock on one core, a contract replayed, then pages over HTTP (`python -m bench.run --help` for sizes)."""

import subprocess
import sys

for module in ("bench.clock", "bench.replay", "bench.run"):
    print(f"\n== {module}", flush=True)
    code = subprocess.call([sys.executable, "-m", module, *(sys.argv[1:] if module == "bench.run" else [])])
    if code:
        raise SystemExit(code)
