"""The command ``weft`` for pages with many of them: a process that has loaded torch forks a child for every call.

A call costs what it does and not the two seconds that loading takes. The client passes on its arguments, folder,
environment and the three standard streams, and ends with the child's exit code; pipes between calls work, since every
call has a child of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CLIENT = """#!{python} -SE
import json, os, socket, sys
server = socket.socket(socket.AF_UNIX)
server.connect({address!r})
call = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
socket.send_fds(server, [len(call).to_bytes(8, "big")], [0, 1, 2])
server.sendall(call)
sys.exit(int.from_bytes(server.recv(1), "big"))
"""


def serve(address: str) -> None:
    """Answer calls until this process is ended; says "ready" when it can be called."""
    import json
    import signal
    import socket

    from weft.cli import main

    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(16)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        caller, _ = listener.accept()
        if os.fork():
            caller.close()
            continue
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        size, streams, _, _ = socket.recv_fds(caller, 8, 3)
        call = b""
        while len(call) < int.from_bytes(size, "big"):
            call += caller.recv(1 << 20)
        arguments, folder, environment = json.loads(call)
        for own, theirs in enumerate(streams):
            os.dup2(theirs, own)
            os.close(theirs)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        sys.stdin, sys.stdout, sys.stderr = (
            open(own, mode, encoding="utf-8", closefd=False)  # noqa: SIM115 - they live as long as the process
            for own, mode in enumerate("rww")
        )
        code: object = 1
        try:
            main(arguments)
        except SystemExit as end:
            code = end.code
        except BaseException:  # noqa: BLE001 - what a process prints when it ends so
            sys.excepthook(*sys.exc_info())
        sys.stdout.flush()
        sys.stderr.flush()
        caller.sendall((code if isinstance(code, int) else int(code is not None)).to_bytes(1, "big"))
        os._exit(0)


@contextmanager
def forge(folder: Path) -> Iterator[Path]:
    """A folder to put first on PATH, with a ``weft`` in it that works while the context lasts."""
    address, here = folder / "socket", folder / "bin"
    here.mkdir(parents=True)
    command = [sys.executable, __file__, str(address)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline() == "ready\n"
            client = here / "weft"
            client.write_text(CLIENT.format(python=sys.executable, address=str(address)), encoding="utf-8")
            client.chmod(0o755)
            yield here
        finally:
            server.terminate()


if __name__ == "__main__":
    serve(sys.argv[1])
