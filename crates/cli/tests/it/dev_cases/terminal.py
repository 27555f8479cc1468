"""Runs a command in a pseudo-terminal as an interactive shell does, and prints what it writes."""

import fcntl
import os
import pty
import signal
import subprocess
import sys
import termios
import time

case, command = sys.argv[1], sys.argv[2:]
near, far = pty.openpty()
output = b""


def start(foreground):
    """Starts the command in a process group of its own, in the session of this process."""

    def prepare():
        os.setpgid(0, 0)
        if foreground:
            signal.signal(signal.SIGTTOU, signal.SIG_IGN)
            os.tcsetpgrp(far, os.getpgrp())
            signal.signal(signal.SIGTTOU, signal.SIG_DFL)

    return subprocess.Popen(
        command, stdin=far, stdout=far, stderr=far, preexec_fn=prepare
    )


def wait_for(text, since=0):
    global output
    while text not in output[since:]:
        output += os.read(near, 4096)


# The child is the shell: the leader of a session with the terminal.
if shell := os.fork():
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(shell, 0)[1]))
os.setsid()
fcntl.ioctl(far, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
signal.signal(signal.SIGHUP, signal.SIG_IGN)
before = termios.tcgetattr(far)
child = start(case != "background")
wait_for(b"it says 2")


def state():
    with open(f"/proc/{child.pid}/stat") as file:
        return file.read().rsplit(")", 1)[1].split()[0]


if case == "background":
    assert termios.tcgetattr(far) == before, "the terminal is not touched"
    # The command comes to the foreground.
    os.tcsetpgrp(far, os.getpgid(child.pid))
    os.killpg(child.pid, signal.SIGCONT)
    while termios.tcgetattr(far) == before:
        time.sleep(0.01)
elif case == "stop":
    os.write(near, b"\x1a")
    os.waitpid(child.pid, os.WUNTRACED)
    assert termios.tcgetattr(far) == before, "the modes are restored"
    os.tcsetpgrp(far, os.getpgrp())
    os.killpg(child.pid, signal.SIGCONT)
    # It goes on in the background.
    with open("src/main.rs") as file:
        text = file.read()
    with open("src/main.rs", "w") as file:
        file.write(text.replace("1 + 1", "1 + 2"))
    wait_for(b"it says 3")
    assert state() != "T"
    assert termios.tcgetattr(far) == before, "the terminal is not touched"
    os.tcsetpgrp(far, os.getpgid(child.pid))
    while termios.tcgetattr(far) == before:
        time.sleep(0.01)
else:
    seen = len(output)
    os.write(near, b"?")
    wait_for(b"keys:", seen)
os.write(near, b"q")
status = child.wait()
if termios.tcgetattr(far) == before:
    print("the terminal mode is restored")
print(output.decode().replace("\r", "\\r").replace("\x1b", "\\x1b"))
sys.exit(status)
