"""Runs a command in a pseudo-terminal, and presses keys after it has printed "it runs"."""

import os
import pty
import subprocess
import sys
import termios

near, far = pty.openpty()
before = termios.tcgetattr(far)
command = subprocess.Popen(sys.argv[1:], stdin=far, stdout=far, stderr=far)


def wait_for(text):
    output = b""
    while text not in output:
        output += os.read(near, 4096)


for key in b"xrq":
    if key != ord("r"):
        # Printed at the first start before x, which is ignored, and after the restart by r.
        wait_for(b"it runs")
    os.write(near, bytes([key]))
status = command.wait()
if termios.tcgetattr(far) == before:
    print("the terminal mode is restored")
sys.exit(status)
