"""A hub on this computer, with one tiny model, that can break off, lie and be slow."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

from tests.patience import PATIENCE
from tests.tiny_checkpoints import ESM_VOCABULARY

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LARGE = 1_000_000
HELD_AFTER = 300_000
ENDLESS = 150_000_000  # bytes, as far as an answer that never ends is read by whoever does not stop


def make_files() -> dict[str, bytes]:
    """A tiny BERT, and what must not be fetched with it."""
    config = {
        "model_type": "bert", "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2,
        "max_position_embeddings": 64, "vocab_size": 30, "intermediate_size": 8,
    }  # fmt: skip
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"LAGVESIKRDTPNQFYMHCWXUBZO"]
    header = json.dumps({"w": {"dtype": "U8", "shape": [LARGE], "data_offsets": [0, LARGE]}}).encode()
    weights = len(header).to_bytes(8, "little") + header + bytes(i % 251 for i in range(LARGE))
    return {
        "config.json": json.dumps(config).encode(),
        "vocab.txt": "\n".join(tokens).encode() + b"\n",
        "model.safetensors": weights,
        "pytorch_model.bin": b"\x80unwanted",
        "training_args.bin": b"\x80unwanted",
        "README.md": b"unwanted",
    }


class LocalHub:
    """The part of the hub's HTTP interface that its client and we use, on a free port of this computer."""

    def __init__(self) -> None:
        self.files = make_files()
        self.served: list[tuple[str, str]] = []  # file, Range
        self.asked: list[str] = []  # paths of the API
        self.cut_after: list[int] = []  # bytes after which the next answers of weights break off
        self.wrong = ""  # file of which the last byte is sent changed
        self.go_on = threading.Event()  # while it is not set, weights come to a halt after some blocks
        self.go_on.set()
        self.commit = COMMIT  # what every revision is; empty: the commit that was asked for
        self.status = 200
        self.page = b""  # what is answered in place of JSON
        self.never_ends = 0  # status of an answer that goes on and on, in place of the next one of the API
        self.n_endless = 0  # bytes of such answers that were to be sent
        self.extra = 0  # bytes of weights beyond what is named
        self.names_checksums = self.names_length = True
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                self.send_error(404)

            def do_GET(self) -> None:
                path = unquote(urlsplit(self.path).path)
                if path.startswith("/api/models/"):
                    hub.asked.append(path)
                    if hub.never_ends:
                        self.answer_without_end()
                        return
                    self.answer_json(hub.describe(path.rpartition("/revision/")[2]))
                elif "/resolve/" in path:
                    name = path.partition("/resolve/")[2].partition("/")[2]
                    with contextlib.suppress(ConnectionError):
                        self.answer_file(name)
                else:
                    self.send_error(404)

            def answer_without_end(self) -> None:
                self.send_response(hub.never_ends)
                if 300 <= hub.never_ends < 400:
                    self.send_header("Location", f"{self.path}&again")
                    hub.never_ends = 0
                self.end_headers()
                self.close_connection = True
                with contextlib.suppress(ConnectionError):
                    for _ in range(0, ENDLESS, 2**20):
                        hub.n_endless += 2**20  # before it is sent: who asked may be gone by then
                        self.wfile.write(b" " * 2**20)

            def answer_json(self, values: object) -> None:
                body = hub.page or json.dumps(values).encode()
                self.send_response(hub.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def answer_file(self, name: str) -> None:
                asked = self.headers.get("Range") or ""
                hub.served.append((name, asked))
                body = hub.files[name]
                if name == hub.wrong:
                    body = body[:-1] + b"!"
                if name == "model.safetensors":
                    body += bytes(hub.extra)
                start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
                self.send_response(206 if asked else 200)
                if hub.names_length:
                    self.send_header("Content-Length", str(len(body) - start))
                self.end_headers()
                end = len(body)
                if name == "model.safetensors" and hub.cut_after:
                    end = min(end, start + hub.cut_after.pop(0))
                for at in range(start, end, 50_000):
                    self.wfile.write(body[at : min(at + 50_000, end)])
                    if name == "model.safetensors" and at >= start + HELD_AFTER:
                        hub.go_on.wait(PATIENCE)
                self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def pass_for_esm2(self) -> None:
        """Have every commit that is asked for, and the letters of ESM-2, as models of the registry need."""
        self.commit = ""
        self.files["vocab.txt"] = "\n".join(ESM_VOCABULARY).encode()
        config = json.loads(self.files["config.json"]) | {
            "model_type": "esm", "vocab_size": len(ESM_VOCABULARY), "position_embedding_type": "rotary",
            "token_dropout": True, "pad_token_id": 1, "mask_token_id": 32,
        }  # fmt: skip
        self.files["config.json"] = json.dumps(config).encode()

    def describe(self, asked: str = "") -> dict:
        siblings = []
        for name, content in self.files.items():
            blob = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
            sibling = {"rfilename": name, "size": len(content), "blobId": blob}
            if not self.names_checksums:
                del sibling["size"], sibling["blobId"]
            elif name.endswith((".safetensors", ".bin")):
                digest = hashlib.sha256(content).hexdigest()
                sibling["lfs"] = {"sha256": digest, "size": len(content), "pointerSize": 130}
            siblings.append(sibling)
        return {
            "_id": "1", "id": "lab/tiny", "modelId": "lab/tiny", "sha": self.commit or asked,
            "private": False, "tags": [], "siblings": siblings, "cardData": {"license": "mit"},
            "safetensors": {"parameters": {"U8": LARGE}, "total": LARGE},
        }  # fmt: skip

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def make_environ(hub: LocalHub, **more: str) -> dict[str, str]:
    proxies = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "hf_token")
    environ = {name: value for name, value in os.environ.items() if name.lower() not in proxies}
    return {**environ, "HF_ENDPOINT": hub.url, "NO_PROXY": "127.0.0.1", "PROVIS_FETCH_PAUSE": "0", **more}
