"""A timestamp authority made with openssl, answering over HTTP on loopback."""

import shutil
import subprocess
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from sandbox.serving import Served

CONFIG = """
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[tsa]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[dn]
[req]
distinguished_name = dn
[signing]
serial = {directory}/serial
signer_cert = {directory}/tsa.pem
signer_key = {directory}/tsa.key
default_policy = 1.3.6.1.4.1.99999.1
digests = sha256
signer_digest = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
"""


def openssl(*words, **more):
    """Run openssl; what it prints, if it is content."""
    path = shutil.which("openssl")
    if path is None:
        pytest.skip("there is no openssl on this machine")
    done = subprocess.run([path, *map(str, words)], capture_output=True, check=False, **more)
    if done.returncode:
        raise AssertionError(done.stderr.decode())
    return done.stdout


class Authority:
    """Keys, certificates, and what answers; ``faults`` is a list of answers to give instead."""

    def __init__(self, directory: Path, name: str = "Authority") -> None:
        self.directory = directory
        directory.mkdir()
        (directory / "serial").write_text("01")
        self._config = directory / "openssl.cnf"
        self._config.write_text(CONFIG.format(directory=directory))
        self._certify(name)
        self.faults: list[Response] = []
        self.asked = 0
        self.app = Starlette(routes=[Route("/", self._asked, methods=["POST"])])

    @property
    def roots(self):
        return self.directory / "ca.pem"

    def _certify(self, name):
        here, new = self.directory, ("req", "-config", self._config, "-newkey", "ec", "-nodes")
        curve = ("-pkeyopt", "ec_paramgen_curve:P-256")
        openssl(
            *new, *curve, "-x509", "-days", "30", "-extensions", "ca", "-subj", f"/CN={name} root",
            "-keyout", here / "ca.key", "-out", here / "ca.pem",
        )  # fmt: skip
        openssl(*new, *curve, "-subj", f"/CN={name}", "-keyout", here / "tsa.key", "-out", here / "tsa.csr")
        openssl(
            "x509", "-req", "-in", here / "tsa.csr", "-CA", here / "ca.pem", "-CAkey", here / "ca.key",
            "-CAcreateserial", "-days", "30", "-extfile", self._config, "-extensions", "tsa",
            "-out", here / "tsa.pem",
        )  # fmt: skip

    async def _asked(self, request):
        self.asked += 1
        query = await request.body()
        if self.faults:
            return self.faults.pop(0)
        answer = await run_in_threadpool(self.answer, query)
        return Response(answer, media_type="application/timestamp-reply")

    def answer(self, query):
        """Answer a query as the authority would."""
        (self.directory / "query.tsq").write_bytes(query)
        return openssl(
            "ts", "-reply", "-config", self._config, "-section", "signing",
            "-queryfile", self.directory / "query.tsq",
        )  # fmt: skip

    def serve(self):
        return Served({"/tsa": self.app})
