"""Whether the server can be reached: its name, the connection, and TLS, each by itself."""

import socket
import ssl
from time import perf_counter
from urllib.parse import urlsplit

from chatbot.config import ModelChoice
from chatbot.doctor.finding import Finding, failed, ok, warned
from chatbot.errors import ModelUnreachable

_PORTS = {"http": 80, "https": 443}
_TOO_LONG = ("/chat/completions", "/completions", "/responses", "/models")


def endpoint(choice: ModelChoice, origin: str, seconds: float) -> Finding:
    """Return the finding; origin: what the address comes from. seconds: for the connection, and again for TLS."""
    fix = f"The address comes from {origin}." if origin != "the provider's own" else ""
    try:
        parts = urlsplit(choice.base_url)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        proxy = _proxy(parts.scheme, host)
    except ValueError:
        return failed("endpoint", ModelUnreachable("The base URL, or that of the proxy, is no address."), fix)
    begin = perf_counter()
    try:
        with socket.create_connection(proxy or (host, port), seconds) as line:
            connected = took(perf_counter() - begin)
            if proxy:
                return ok("endpoint", f"the proxy {proxy[0]}:{proxy[1]} connects in {connected}; it leads to {host}")
            tls = _tls(line, host) if parts.scheme == "https" else "without TLS"
    except ssl.SSLCertVerificationError as error:
        why = f"{host}:{port} connects, but its certificate is not trusted: {error.verify_message}"
        return warned("endpoint", why, "If it is your company's: SSL_CERT_FILE names a file of certificates to trust.")
    except OSError as error:
        return failed("endpoint", ModelUnreachable(f"No connection to {host}:{port}: {_reason(error)}."), fix)
    if end := next((end for end in _TOO_LONG if parts.path.endswith(end)), ""):
        return warned(
            "endpoint", f"the base URL ends in {end}, which is added to it", f"{fix} Leave the end out.".strip()
        )
    return ok("endpoint", f"{host}:{port} resolves and connects in {connected}, {tls}")


def took(seconds: float) -> str:
    """Return a time for people."""
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def _tls(line: socket.socket, host: str) -> str:
    with ssl.create_default_context().wrap_socket(line, server_hostname=host) as secured:
        return str(secured.version())


def _proxy(scheme: str, host: str) -> tuple[str, int] | None:
    """Return where the HTTP library connects to instead, as the environment tells it."""
    from urllib.request import getproxies, proxy_bypass

    proxies = getproxies()
    address = proxies.get(scheme) or proxies.get("all")
    if not address or proxy_bypass(host):
        return None
    parts = urlsplit(address if "://" in address else f"http://{address}")
    return parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 1080)


def _reason(error: OSError) -> str:
    match error:
        case socket.gaierror():
            return "no such host. Check the base URL and the network"
        case TimeoutError():
            return "nothing answers there. Check the base URL and the network"
        case ConnectionRefusedError():
            return "the connection was refused. Is the server running? Check the base URL"
        case ssl.SSLError(reason=reason):
            return f"no secure connection ({reason}). Does the server want http://? Check the base URL"
        case _:
            return (error.strerror or str(error)).rstrip(".").lower()
