# The function in Python: what comes in goes out.
import sys

sys.stdout.buffer.write(sys.stdin.buffer.read())
