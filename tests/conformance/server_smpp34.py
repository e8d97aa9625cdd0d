"""An SMSC on the PyPI package smpp34. Prints JSON lines of what it saw."""

import asyncio
import json
import socket

import smpp34


def say(**line):
    print(json.dumps(line), flush=True)


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


async def receipt(esme, event, number):
    text = (
        f"id:{number} sub:001 dlvrd:001 submit date:2606101500 done date:2606101500 "
        "stat:DELIVRD err:000 text:"
    )
    answer = await esme.deliver_sm(
        source_addr=event.destination_addr,
        destination_addr=event.source_addr,
        short_message=text.encode(),
        esm_class=4,
    )
    say(event="receipt_answered", status=answer.command_status)


async def main():
    port = free_port()
    server = smpp34.Server("127.0.0.1", port)
    await server.start()
    say(event="listening", port=port)
    esmes, number = {}, 0
    while True:
        event = await server.next()
        if isinstance(event, smpp34.Esme):
            esmes[event.session_id] = event
            say(event="bind", system_id=event.system_id, version=52)
        elif isinstance(event, smpp34.SubmitSmEvent):
            number += 1
            payload = [tlv for tlv in event.tlvs if tlv.tag == smpp34.TLV_MESSAGE_PAYLOAD]
            body = payload[0].value if payload else event.short_message
            say(
                event="submit",
                to=event.destination_addr,
                text=body[6 if event.esm_class & 0x40 else 0 :].decode("latin-1"),
                udh=6 if event.esm_class & 0x40 else 0,
                part=body[5] if event.esm_class & 0x40 else 0,
                payload=bool(payload),
                receipt=event.registered_delivery & 1,
            )
            event.accept(str(number))
            if event.registered_delivery & 1:
                asyncio.ensure_future(receipt(esmes[event.session_id], event, number))
        elif isinstance(event, smpp34.Unbound):
            say(event="unbind")


asyncio.run(main())
