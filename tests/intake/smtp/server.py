"""A mail server that does to each recipient what its name says, and writes what it has taken to a folder.

usage: server.py FOLDER [CERTIFICATE KEY]
Prints its port. NAME@example.com is treated by the script NAME below; any other recipient is served well.
"""

import asyncio
import json
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP

folder = pathlib.Path(sys.argv[1])
tries: dict[str, int] = {}


def first(name):
    """Whether this is the first time that this happens to NAME."""
    tries[name] = tries.get(name, 0) + 1
    return tries[name] == 1


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split("@")[0]
        replies = {
            "grey": "451 4.7.1 Greylisted, come back later",
            "full": "452 4.2.2 Mailbox full",
            "unknown": "550 5.1.1 No such user here",
            "mismatch": "250-2.1.5 Ok\r\n550 5.1.1 or is it",
        }
        if name in replies and (name in ("unknown", "mismatch") or first(name)):
            return replies[name]
        if name == "cut" and first(name):
            server.transport.abort()
        if name == "slow" and first(name):
            await asyncio.sleep(3)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server, session, envelope):
        (recipient,) = envelope.rcpt_tos
        name = recipient.split("@")[0]
        number = len(list(folder.glob("*.json")))
        envelope_of = {"from": envelope.mail_from, "to": recipient, "tls": session.ssl is not None}
        if name == "content":
            return "554 5.6.0 We do not want this"
        (folder / f"{number}.eml").write_bytes(envelope.original_content)
        (folder / f"{number}.json").write_text(json.dumps(envelope_of))
        if name == "swallow":
            # The mail is taken, and nobody ever hears of it.
            server.transport.abort()
        return f"250-2.0.0 Thank you\r\n250 2.0.0 Ok: queued as {number}"


async def main():
    tls = None
    if len(sys.argv) > 2:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(sys.argv[2], sys.argv[3])
    loop = asyncio.get_running_loop()
    make = lambda: SMTP(Handler(), hostname="mx.example.com", tls_context=tls, require_starttls=tls is not None)
    server = await loop.create_server(make, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
