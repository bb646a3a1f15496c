"""Stop an embedded server by hand: `python -m dossier.adapters.embedded_postgres stop DATA_DIR`."""

import os
import sys
from pathlib import Path

from dossier.adapters.embedded_postgres import require_posix
from dossier.errors import DossierError


def main(arguments: list[str]) -> int:
    """Run the command; give the exit code."""
    require_posix(os.name)
    from dossier.adapters.embedded_postgres.folder import DataFolder
    from dossier.adapters.embedded_postgres.server import stop

    if len(arguments) != 2 or arguments[0] != "stop":
        print("usage: python -m dossier.adapters.embedded_postgres stop DATA_DIR", file=sys.stderr)
        return 2
    folder = DataFolder.existing(Path(arguments[1]))
    # A folder that was never used stays as it is.
    stopped = folder.start_lock.exists() and stop(folder)
    print("stopped" if stopped else "not running")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (DossierError, OSError) as error:
        sys.exit(str(error))
