"""Make the environment .venv ready: `python3 scripts/prepare.py runtime|dev|lock`.

Runs on the Python that the machine calls python3, however old (3.6 and later), without any package. A run that finds
the environment ready ends at once; two runs at once wait for each other; an interrupted one is repaired by the next.
"""

import ast
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENV = ROOT / ".venv"
TOOLS = ROOT / ".tools"
OLDEST, NEWEST = (3, 11), (3, 13)
PROBE = "import sys; print(sys.implementation.name, *sys.version_info[:2])"
PIP_TO_UV = {"index-url": "UV_DEFAULT_INDEX", "cert": "SSL_CERT_FILE", "trusted-host": "UV_INSECURE_HOST"}


class SetupFailed(Exception):
    """Set-up can't go on; the message says what to do."""


def say(text):
    """Print one line of progress at once."""
    print("set-up: " + text, file=sys.stderr, flush=True)


def serves(python):
    """Tell whether this is a CPython that Dossier runs on; a pyenv shim may exist and do nothing."""
    try:
        run = subprocess.run([str(python), "-c", PROBE], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=20)
        name, major, minor = run.stdout.decode().split()
    except (OSError, ValueError, subprocess.SubprocessError):
        return False
    return name == "cpython" and OLDEST <= (int(major), int(minor)) <= NEWEST


def elsewhere():
    """Yield the places where a newer Python may stand, newest first."""
    home = Path(os.environ.get("PYENV_ROOT") or Path("~/.pyenv").expanduser())
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        name = "python3." + str(minor)
        yield from filter(None, [shutil.which(name)])
        yield from sorted(home.glob("versions/3." + str(minor) + ".*/bin/python3"), reverse=True)
        yield from (Path(folder) / name for folder in ("/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"))


def change_python():
    """Go on in a newer Python, when this one is too old and the machine has one."""
    if not serves(sys.executable):
        for python in map(str, filter(serves, elsewhere())):
            os.execv(python, [python, *sys.argv])


def find_python(uv, env):
    """Return the interpreter for .venv: this one, or one that uv brings."""
    if serves(sys.executable):
        return sys.executable
    say("no Python 3.11 to 3.13 found here, asking uv for one")
    subprocess.run([uv, "python", "install", "3.12"], env=env)
    found = subprocess.run([uv, "python", "find", "3.12"], env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    python = found.stdout.decode().strip()
    if not serves(python):
        raise SetupFailed(
            "Dossier needs Python 3.11, 3.12 or 3.13; python3 here is {}.{} and uv could not bring another. "
            "Install one (for instance `apt install python3.11` or `brew install python@3.12`), "
            "or name it: make PYTHON=/path/to/python3.12 ...".format(*sys.version_info[:2])
        )
    return python


def works(uv):
    """Tell whether this uv runs and is new enough; a pyenv shim may exist and do nothing."""
    try:
        out = subprocess.run([str(uv), "--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return False
    version = re.match(r"uv (\d+)\.(\d+)", out.stdout.decode())
    return bool(version) and tuple(map(int, version.groups())) >= (0, 5)


def find_uv():
    """Return a uv: the machine's, else one of our own under .tools."""
    own = TOOLS / "uv" / "bin" / "uv"
    for candidate in [shutil.which("uv"), Path("~/.local/bin/uv").expanduser(), own]:
        if candidate and works(candidate):
            return str(candidate)
    say("installing uv into .tools")
    shutil.rmtree(str(TOOLS / "uv"), ignore_errors=True)
    lock = str(ROOT / "requirements" / "uv.txt")
    pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", lock]
    tries = (
        [[sys.executable, "-m", "venv", str(TOOLS / "uv")], [str(TOOLS / "uv" / "bin" / "python"), *pip]],
        # Debian's python3 has venv only with python3-venv; pip alone will do.
        [[sys.executable, *pip, "--target", str(TOOLS / "uv")]],
    )
    said = ""
    for commands in tries:
        for command in commands:
            run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            if run.returncode:
                said += run.stdout.decode(errors="replace")
                break
        if works(own):
            return str(own)
    raise SetupFailed(
        said.strip()[-1500:] + "\n\nuv could not be installed. Install it yourself (`pipx install uv` or your system's "
        "package), or give python3 its pip and venv (Debian: apt install python3-venv), then run the command again."
    )


def pip_settings():
    """Return the user's pip settings, since uv reads no pip.conf; the environment wins, as in pip."""
    run = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    found = {}
    for scope in ("global", "install"):
        for name, value in re.findall("^" + scope + r"\.([\w-]+)=(.+)$", run.stdout.decode(errors="replace"), re.M):
            found[name] = ast.literal_eval(value)
    asked = {name: os.environ.get("PIP_" + name.upper().replace("-", "_")) for name in PIP_TO_UV}
    return dict(found, **{name: value for name, value in asked.items() if value})


def uv_environment():
    """Return the environment uv runs in: the user's own, with pip's index where uv has been told of none."""
    drop = ("VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH", "UV_SYSTEM_PYTHON", "UV_PYTHON", "UV_PROJECT_ENVIRONMENT")
    env = {key: value for key, value in os.environ.items() if key not in drop}
    if not any(env.get(key) for key in ("UV_DEFAULT_INDEX", "UV_INDEX_URL")):
        settings = pip_settings()
        for name, variable in PIP_TO_UV.items():
            if name in settings:
                env.setdefault(variable, settings[name])
    home = Path(env.get("HOME") or "/")
    if not any(env.get(key) for key in ("UV_CACHE_DIR", "XDG_CACHE_HOME")) and not os.access(str(home), os.W_OK):
        env["UV_CACHE_DIR"] = str(TOOLS / "cache")
    return env


def digest(part):
    """Return what the environment must have been made from: the lock, this script, this place."""
    parts = [(ROOT / "requirements" / (part + ".txt")).read_bytes(), Path(__file__).read_bytes(), bytes(ROOT)]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def stamp(part):
    """Return the file whose content tells that the part is installed."""
    return ENV / ("ready-" + part)


def stamped(part):
    """Tell whether the part was installed whole, from the lock as it stands."""
    try:
        return stamp(part).read_text() == digest(part)
    except OSError:
        return False


def right_python():
    """Tell whether .venv has a Python that still exists, and the version of the one that was asked for."""
    asked = "python%d.%d" % sys.version_info[:2] if OLDEST <= sys.version_info[:2] <= NEWEST else "."
    return (ENV / "bin" / "python").exists() and (ENV / "lib" / asked).is_dir()


def ready(part):
    """Tell whether .venv already serves; the development part holds the runtime part."""
    return right_python() and (stamped("dev") or (part == "runtime" and stamped("runtime")))


def lock():
    """Wait for the set-up lock; it is let go when this process and its uv have ended."""
    try:
        import fcntl
    except ImportError:
        raise SetupFailed("Dossier runs on Linux and macOS; on Windows use WSL.") from None
    TOOLS.mkdir(exist_ok=True)
    held = os.open(str(TOOLS / "lock"), os.O_RDWR | os.O_CREAT, 0o644)
    # uv must hold it too: if this process is killed, uv still writes.
    os.set_inheritable(held, True)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        say("another set-up is at work, waiting for it")
        fcntl.flock(held, fcntl.LOCK_EX)


def write(path, text, mode=0o644):
    """Write a file whole or not at all."""
    handle, name = tempfile.mkstemp(dir=str(path.parent))
    with os.fdopen(handle, "w") as file:
        file.write(text)
    os.chmod(name, mode)
    os.replace(name, str(path))


def link_project():
    """Make the packages importable from anywhere and put the `dossier` command into .venv/bin, without a build."""
    packages = next(ENV.glob("lib/python3.*/site-packages"))
    write(packages / "dossier-project.pth", str(ROOT) + "\n")
    python = shlex.quote(str(ENV / "bin" / "python"))
    code = "import sys; sys.argv[0] = 'dossier'; from cli.app import main; sys.exit(main())"
    write(ENV / "bin" / "dossier", '#!/bin/sh\nexec {} -P -c "{}" "$@"\n'.format(python, code), 0o755)


def run_uv(uv, env, *arguments):
    """Run uv; its own words reach the user."""
    if subprocess.run([uv, *arguments], env=env, cwd=str(ROOT), close_fds=False).returncode:
        raise SetupFailed(
            "uv {} failed (see above). Without a network, the packages must be in uv's cache or at the index "
            "that UV_DEFAULT_INDEX or pip's index-url names.".format(arguments[0])
        )


def clear_away():
    """Take .venv away in one step, so that an interruption leaves no half of it."""
    old = TOOLS / "old"
    shutil.rmtree(str(old), ignore_errors=True)
    if ENV.exists():
        os.replace(str(ENV), str(old))
        shutil.rmtree(str(old), ignore_errors=True)


def install(part):
    """Make .venv anew, or add the development part to a good runtime part, which stays usable meanwhile."""
    uv, env = find_uv(), uv_environment()
    begun = ENV / "set-up-begun"
    if begun.exists() or not (right_python() and stamped("runtime")):
        python = find_python(uv, env)
        clear_away()
        say("making .venv with " + python)
        run_uv(uv, env, "venv", "--quiet", "--no-project", "--python", python, str(ENV))
    begun.touch()
    say("installing the {} packages".format(part))
    quiet = [] if sys.stderr.isatty() else ["--quiet"]
    requirements = str(Path("requirements") / (part + ".txt"))
    run_uv(uv, env, "pip", "sync", *quiet, "--require-hashes", "--python", str(ENV / "bin" / "python"), requirements)
    link_project()
    for name in ("runtime", part):
        write(stamp(name), digest(name))
    begun.unlink()


def resolve():
    """Write the locks anew from pyproject.toml; what still fits keeps its version."""
    uv, env = find_uv(), uv_environment()
    flags = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url", "--no-annotate"]
    compile_ = ["pip", "compile", "pyproject.toml", *flags, "--quiet", "--custom-compile-command", "make lock"]
    run_uv(uv, env, *compile_, "--group", "dev", "-o", "requirements/dev.txt")
    run_uv(uv, env, *compile_, "-c", "requirements/dev.txt", "-o", "requirements/runtime.txt")


def main(part):
    """Do what the command line asks; return the exit code."""
    try:
        if part != "lock" and ready(part):
            return 0
        change_python()
        lock()
        if part == "lock":
            resolve()
        elif not ready(part):
            install(part)
            say("ready")
        return 0
    except SetupFailed as failure:
        say("failed.\n" + str(failure))
    except OSError as failure:
        say("failed: {}. May you write to {}, and is there room on the disk?".format(failure, ROOT))
    except KeyboardInterrupt:
        say("interrupted; the next run mends what is half done")
        return 130
    return 1


if __name__ == "__main__":
    if sys.argv[1:] not in (["runtime"], ["dev"], ["lock"]):
        sys.exit("usage: python3 scripts/prepare.py runtime|dev|lock")
    sys.exit(main(sys.argv[1]))
