"""Whom the program trusts to be who they say."""

import ssl
from functools import cache


@cache
def trusted() -> ssl.SSLContext:
    """Return the certificates to trust, as SSL_CERT_FILE or the machine has them.

    To load them takes 20 to 40 ms, so all connections of the process share them.
    """
    import httpx2

    return httpx2.create_ssl_context()
