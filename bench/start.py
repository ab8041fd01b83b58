"""How long the demo takes until it answers: the first start with an empty data directory, and later ones.

    .venv/bin/python bench/start.py [RUNS]

Prints one line a start: which, seconds from the command to the first 200 of /health.
"""

import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parent.parent
PORT = 8799


def seconds_until_it_answers(data: Path) -> float:
    """Start the demo, wait for /health, stop it."""
    command = ["make", "--silent", "demo", f"DEMO_OPTIONS=--port {PORT} --data {data}"]
    start = time.monotonic()
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/health"):
                    return time.monotonic() - start
            except OSError:
                if process.poll() is not None:
                    raise SystemExit("the demo ended before it answered") from None
                time.sleep(0.01)
    finally:
        subprocess.run(["pkill", "-g", str(process.pid)], check=False)
        process.wait()


def main() -> None:
    """Time one first start and some later ones."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as directory:
        data = Path(directory) / "data"
        print(f"first  {seconds_until_it_answers(data):.2f} s")
        for _ in range(runs):
            print(f"later  {seconds_until_it_answers(data):.2f} s")


if __name__ == "__main__":
    main()
