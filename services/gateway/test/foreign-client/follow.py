"""A client of the stream that shares no code with the product: Debian's python3-websockets.

Arguments: URL, subprotocols (comma-separated, may be empty), then steps. Prints what happens, one JSON object a line.
Steps: `frames:N` reads N frames, `send:TEXT`, `ping` waits for the pong, `close`, `end` reads until the server closes.
"""

import asyncio
import json
import sys

import websockets

TIMEOUT_S = 20


def say(**what):
    print(json.dumps(what), flush=True)


async def step(socket, name, argument):
    if name == "frames":
        for _ in range(int(argument)):
            say(frame=json.loads(await socket.recv()))
    elif name == "send":
        await socket.send(argument)
    elif name == "ping":
        await (await socket.ping(b"\x00\xff" * 62))
        say(pong=True)
    elif name == "close":
        await socket.close(1000, "bye")
    elif name == "end":
        async for text in socket:
            say(frame=json.loads(text))


async def follow(url, protocols, steps):
    try:
        async with websockets.connect(url, subprotocols=protocols or None, compression="deflate") as socket:
            say(open=True, subprotocol=socket.subprotocol, extensions=[e.name for e in socket.extensions])
            try:
                for text in steps:
                    name, _, argument = text.partition(":")
                    await asyncio.wait_for(step(socket, name, argument), TIMEOUT_S)
            except websockets.ConnectionClosed:
                pass
            await socket.wait_closed()
            say(closed=socket.close_code, reason=socket.close_reason)
    except websockets.InvalidStatusCode as refused:
        say(refused=refused.status_code)


asyncio.run(follow(sys.argv[1], [name for name in sys.argv[2].split(",") if name], sys.argv[3:]))
