"""python -m function_runtime [http|asgi]: serves function/handler.py."""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import sys

from . import lifecycle, log, server, settings


def main(words: list[str]) -> int:
    faulthandler.enable()
    try:
        known = settings.read()
    except settings.BadSetting as error:
        print(error, file=sys.stderr)
        return 64
    log.install(as_json=known.log_json, function=known.function)
    try:
        function = lifecycle.load(words[0] if words else "http", known)
        asyncio.run(server.serve(function, known))
    except Exception:
        logging.getLogger("function").exception("the function cannot be started")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
