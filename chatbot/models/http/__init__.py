"""What models share that are asked over HTTP: the connection, requests and retries, streams of events, failures."""
