"""An ESME on the PyPI package smpplib: a short and a long text, their receipts, and leave."""

import json
import sys

import smpplib.client
import smpplib.consts
import smpplib.gsm

port = int(sys.argv[1])
client = smpplib.client.Client("127.0.0.1", port, allow_unknown_opt_params=True)
seen = {"accepted": 0, "receipts": 0}


def sent(pdu):
    seen["accepted"] += bool(pdu.message_id)


def received(pdu):
    assert b"stat:DELIVRD" in pdu.short_message, pdu.short_message
    seen["receipts"] += 1
    return smpplib.consts.SMPP_ESME_ROK


client.set_message_sent_handler(sent)
client.set_message_received_handler(received)
client.connect()
client.bind_transceiver(system_id="esme", password="secret")
texts = 0
for body in ["short text", "a long text " * 30]:
    parts, coding, esm_class = smpplib.gsm.make_parts(body)
    for part in parts:
        texts += 1
        client.send_message(
            source_addr_ton=smpplib.consts.SMPP_TON_INTL,
            source_addr_npi=smpplib.consts.SMPP_NPI_ISDN,
            source_addr="15005550006",
            dest_addr_ton=smpplib.consts.SMPP_TON_INTL,
            dest_addr_npi=smpplib.consts.SMPP_NPI_ISDN,
            destination_addr="12025550123",
            short_message=part,
            data_coding=coding,
            esm_class=esm_class,
            registered_delivery=True,
        )
while seen["receipts"] < texts:
    client.read_once()
client.unbind()
client.disconnect()
print(json.dumps({"texts": texts, **seen}))
