"""Runs a command in a pseudo terminal: terminal.py ROWS COLUMNS COMMAND...

Copies what the command writes to standard output. Reads lines from standard input: "send HEX" types
bytes, "resize ROWS COLUMNS" changes the size as a window would. Ends with the command's status.
"""
import fcntl, os, pty, select, struct, sys, termios

def size(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", int(rows), int(columns), 0, 0))

child, terminal = pty.fork()
if child == 0:
    size(0, sys.argv[1], sys.argv[2])
    os.execvp(sys.argv[3], sys.argv[3:])
pending = b""
watched = [terminal, 0]
while True:
    ready, _, _ = select.select(watched, [], [])
    if 0 in ready:
        data = os.read(0, 65536)
        if not data:
            watched.remove(0)
        pending += data
        while b"\n" in pending:
            line, pending = pending.split(b"\n", 1)
            words = line.decode().split()
            if words[0] == "send":
                os.write(terminal, bytes.fromhex(words[1]))
            elif words[0] == "resize":
                size(terminal, words[1], words[2])
    if terminal in ready:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            data = b""
        if not data:
            break
        os.write(1, data)
_, status = os.waitpid(child, 0)
sys.exit(os.waitstatus_to_exitcode(status) & 255)
