"""Mail servers of the tests: a real Dovecot on loopback, certificates made on the spot, and lines that break."""

from __future__ import annotations

import datetime as dt
import getpass
import grp
import ipaddress
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from imapclient import IMAPClient

DOVECOT = shutil.which("dovecot", path="/usr/sbin:/usr/bin:/usr/local/sbin")
PASSWORD = "un-mot-de-passe"

COMMON = """
base_dir = {folder}/run
log_path = {folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = yes
auth_mechanisms = plain login xoauth2
auth_failure_delay = 0
first_valid_uid = 0
first_valid_gid = 0
mail_uid = {uid}
mail_gid = {gid}
mail_fsync = never
namespace inbox {{
  inbox = yes
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service anvil {{
  chroot =
}}
"""

TOKENS = """
tokeninfo_url = {tokeninfo}
username_attribute = email
active_attribute = active
active_value = yes
"""

# Debian 12 has 2.3, Debian 13 has 2.4, which renamed half of its settings.
OF_2_3 = """
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = no
mail_home = {folder}/mail/%u
mail_location = maildir:~/Maildir
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2.conf
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
"""
OF_2_4 = """
ssl_server_cert_file = {certificate}
ssl_server_key_file = {key}
auth_allow_cleartext = yes
mail_home = {folder}/mail/%{{user}}
mail_driver = maildir
mail_path = ~/Maildir
oauth2 {{
  introspection_mode = auth
  {tokens}
}}
passdb oauth2 {{
  mechanisms_filter = xoauth2
}}
passdb static {{
  password = {password}
}}
userdb static {{
  fields {{
    uid = {uid}
    gid = {gid}
    home = {folder}/mail/%{{user}}
  }}
}}
"""
FIRST_OF_2_4 = "dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0\n"


@dataclass(frozen=True)
class Certificate:
    """Files of a certificate for localhost, and of the authority that signed it."""

    authority: Path
    chain: Path
    key: Path


USES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


def certificate(folder: Path, *, ended: bool = False, name: str = "localhost") -> Certificate:
    """An authority and a certificate it signed; ``ended``: yesterday."""
    folder.mkdir(parents=True, exist_ok=True)
    now = dt.datetime.now(dt.UTC)
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Autorité des essais")])

    def build(
        subject: x509.Name, public: ec.EllipticCurvePublicKey, until: dt.datetime, authority: bool
    ) -> x509.Certificate:
        names: list[x509.GeneralName] = [
            x509.DNSName(name),
            x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
        ]
        usage = dict.fromkeys(USES, False) | {"key_cert_sign" if authority else "digital_signature": True}
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=10))
            .not_valid_after(until)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(**usage), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
            )
            .add_extension(x509.SubjectAlternativeName(names[:1] if name != "localhost" else names), False)
            .sign(authority_key, hashes.SHA256())
        )

    until = now + dt.timedelta(days=-1 if ended else 10)
    root = build(issuer, authority_key.public_key(), now + dt.timedelta(days=20), True)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    leaf = build(subject, key.public_key(), until, False)
    files = Certificate(folder / "authority.pem", folder / "chain.pem", folder / "key.pem")
    files.authority.write_bytes(root.public_bytes(serialization.Encoding.PEM))
    files.chain.write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
    files.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return files


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class ImapServer:
    """A running Dovecot. Any user name has a mailbox of its own; the password is ``PASSWORD``."""

    port: int
    tls_port: int
    certificate: Certificate

    @contextmanager
    def client(self, user: str) -> Iterator[IMAPClient]:
        """A mail reader's connection, for what people do in the mailbox."""
        context = ssl.create_default_context(cafile=str(self.certificate.authority))
        with IMAPClient("localhost", self.tls_port, ssl_context=context, timeout=20) as client:
            client.login(user, PASSWORD)
            client.select_folder("INBOX")
            yield client

    def put(self, user: str, *mails: bytes, folder: str = "INBOX") -> None:
        with self.client(user) as client:
            for raw in mails:
                client.append(folder, raw)

    def flags(self, user: str, folder: str = "INBOX") -> dict[int, set[bytes]]:
        """Flags of each mail of a folder, by number."""
        with self.client(user) as client:
            client.select_folder(folder, readonly=True)
            found = client.get_flags(client.search("ALL"))
        return {uid: {flag for flag in flags if flag != b"\\Recent"} for uid, flags in found.items()}


@contextmanager
def dovecot(tokeninfo: str = "http://127.0.0.1:1/") -> Iterator[ImapServer]:
    """Dovecot as an ordinary process, with everything of it in a folder of its own."""
    if DOVECOT is None:
        pytest.skip("Dovecot is not here: as root, apt-get install dovecot-imapd")
    folder = Path(tempfile.mkdtemp(prefix="vigie-imap-"))
    folder.chmod(0o755)  # its sign-in process runs as somebody else
    mails = folder / "mail"
    mails.mkdir()
    user = getpass.getuser()
    if user == "root":  # Dovecot opens no mailbox as root
        shutil.chown(mails, "nobody", "nogroup")
    port, tls_port, made = free_port(), free_port(), certificate(folder / "tls")
    tokens = TOKENS.format(tokeninfo=tokeninfo)
    (folder / "oauth2.conf").write_text(tokens)
    is_old = subprocess.check_output([DOVECOT, "--version"], text=True).startswith("2.3")
    text = COMMON + OF_2_3 if is_old else FIRST_OF_2_4 + COMMON + OF_2_4
    text = text.format(
        folder=folder, certificate=made.chain, key=made.key, password=PASSWORD, tokens=tokens,
        uid=mails.stat().st_uid, gid=mails.stat().st_gid, port=port, tls_port=tls_port,
    )  # fmt: skip
    if user != "root":
        text += f"default_login_user = {user}\ndefault_internal_user = {user}\n"
        text += f"default_internal_group = {grp.getgrgid(os.getgid()).gr_name}\n"
    (folder / "dovecot.conf").write_text(text)
    process = subprocess.Popen([DOVECOT, "-F", "-c", str(folder / "dovecot.conf")], stderr=subprocess.PIPE)
    try:
        _wait_for(port, process)
        yield ImapServer(port, tls_port, made)
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + 20
    while time.monotonic() < ends:
        if process.poll() is not None:
            assert process.stderr is not None
            raise AssertionError(f"Dovecot ended: {process.stderr.read().decode()}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        threading.Event().wait(0.05)
    raise AssertionError("Dovecot does not listen")


@contextmanager
def serving(handle: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server of one's own: each connection is given to ``handle`` in a thread. Its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    stopped = threading.Event()

    def run(line: socket.socket) -> None:
        with line, suppress(OSError):  # the other side left, or the test is over
            handle(line)

    def accept() -> None:
        while not stopped.is_set():
            try:
                line, _address = listener.accept()
            except OSError:
                return
            threading.Thread(target=run, args=(line,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        stopped.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def cutting_proxy(port: int, after: int) -> Callable[[socket.socket], None]:
    """A line to ``port`` that is cut once the server has sent ``after`` bytes."""

    def handle(line: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", port)) as server:

            def up() -> None:
                try:
                    while data := line.recv(65536):
                        server.sendall(data)
                except OSError:
                    return

            threading.Thread(target=up, daemon=True).start()
            passed = 0
            while passed < after and (data := server.recv(min(4096, after - passed))):
                line.sendall(data)
                passed += len(data)
            line.shutdown(socket.SHUT_RDWR)

    return handle


def silent(line: socket.socket) -> None:
    """Hears everything, says nothing."""
    while line.recv(4096):
        continue


def tls_server(made: Certificate) -> Callable[[socket.socket], None]:
    """A TLS line that says hello once encrypted."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.chain, made.key)

    def handle(line: socket.socket) -> None:
        with context.wrap_socket(line, server_side=True) as secure:
            secure.sendall(b"* OK hello\r\n")
            secure.recv(1024)

    return handle


def stripped_imap(heard: list[bytes]) -> Callable[[socket.socket], None]:
    """An IMAP server whose offer of STARTTLS somebody took away; it writes down all it hears."""

    def handle(line: socket.socket) -> None:
        line.sendall(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n")
        with line.makefile("rb") as lines:
            for command in lines:
                heard.append(command)
                tag = command.split()[0]
                if b"CAPABILITY" in command:
                    line.sendall(b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n")
                line.sendall(tag + b" OK done\r\n")

    return handle
