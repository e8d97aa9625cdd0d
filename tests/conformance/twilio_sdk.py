"""Twilio's own Python SDK, pointed at loopback.

  client URL ACCOUNT TOKEN   sends texts through the SDK's client and reads what comes back
  check TOKEN                reads JSON lines {url, pairs, signature} and says whether the SDK takes them
  sign TOKEN URL             reads one JSON object of pairs and prints the SDK's signature
"""

import json
import sys

from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client


class Loopback(TwilioHttpClient):
    def __init__(self, url):
        super().__init__()
        self.url = url

    def request(self, method, url, *rest, **more):
        return super().request(method, url.replace("https://api.twilio.com", self.url), *rest, **more)


def client(url, account, token):
    sdk = Client(account, token, http_client=Loopback(url))
    text = {"from_": "+15005550006", "body": "from the SDK"}
    message = sdk.messages.create(to="+12025550126", **text)
    codes = []
    for to in ["+15005550001", "+15005550004"]:
        try:
            sdk.messages.create(to=to, **text)
        except TwilioRestException as refused:
            codes.append(refused.code)
    print(json.dumps({"sid": message.sid, "status": message.status, "codes": codes}))


def check(token):
    validator = RequestValidator(token)
    for line in sys.stdin:
        call = json.loads(line)
        genuine = validator.validate(call["url"], dict(call["pairs"]), call["signature"])
        print(json.dumps(genuine), flush=True)


def sign(token, url):
    print(RequestValidator(token).compute_signature(url, json.load(sys.stdin)))


{"client": client, "check": check, "sign": sign}[sys.argv[1]](*sys.argv[2:])
