"""Brings a database up to date as a starting process does, and says what came of it. Arguments: its URL."""

import asyncio
import sys

from casework.application import application
from dossier.adapters.migrate import prepare
from dossier.errors import DossierError

if __name__ == "__main__":
    try:
        asyncio.run(prepare(sys.argv[1], application()))
        print("ready")
    except DossierError as error:
        print(error.code)
