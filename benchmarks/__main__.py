"""``python -m benchmarks``: every ratio and rate that the project promises, side by side."""

from benchmarks import startup, throughput

startup.main()
print()
throughput.main()
