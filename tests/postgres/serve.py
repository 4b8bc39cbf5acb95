#!/usr/bin/env python3
"""Starts a PostgreSQL server of its own for the tests, reached through a socket in its folder alone.

    python3 tests/postgres/serve.py [--folder FOLDER]    starts it, and prints its address
    python3 tests/postgres/serve.py --stop [--folder FOLDER]

The address is what `SVARFORSLAG_TEST_PG_URL` is to hold:

    postgres://svarforslag@localhost/postgres?host=FOLDER/socket

Needs Debian's package `postgresql`, which is installed where it is missing and may be installed
(by root, with apt-get). The server stays until it is stopped; nothing of it outlives its folder.
"""

import argparse
import os
import pathlib
import pwd
import shutil
import subprocess
import sys
import tempfile

USER = "svarforslag"
# A commit is to wait for the disk, as it does where it matters; connections for many tests at once.
SETTINGS = {
    "listen_addresses": "''",
    "max_connections": "300",
    "shared_buffers": "'128MB'",
    "log_min_messages": "warning",
}


def programs() -> pathlib.Path | None:
    """The folder of PostgreSQL's newest programs."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=version)
    if found:
        return found[-1].parent
    path = shutil.which("initdb")
    return pathlib.Path(path).resolve().parent if path else None


def version(program: pathlib.Path) -> int:
    digits = program.parent.parent.name.split(".")[0]
    return int(digits) if digits.isdigit() else 0


def install() -> None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit("PostgreSQL is not here: install Debian's package `postgresql`, and start this again")
    quiet = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # Debian's package makes and starts a cluster of its own, which nobody here asks for.
    common = pathlib.Path("/etc/postgresql-common")
    common.mkdir(exist_ok=True)
    (common / "createcluster.conf").write_text("create_main_cluster = false\n")
    for command in (["update"], ["install", "-y", "--no-install-recommends", "postgresql"]):
        subprocess.run([*quiet, *command], check=True, stdout=sys.stderr, env=environment)


def owner() -> pwd.struct_passwd | None:
    """Whom the server runs as: PostgreSQL does not run as root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    sys.exit("there is no user `postgres` or `nobody` for the server to run as")


def run(command: list, who: pwd.struct_passwd | None, **more) -> subprocess.CompletedProcess:
    as_user = {} if who is None else {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}
    return subprocess.run([str(part) for part in command], cwd="/", **as_user, **more)


def start(folder: pathlib.Path) -> None:
    if programs() is None:
        install()
    bin_folder, who = programs(), owner()
    data, socket = folder / "data", folder / "socket"
    if not data.exists():
        for made in (folder, data, socket):
            made.mkdir(parents=True, exist_ok=True)
            made.chmod(0o755 if made != data else 0o700)
            if who is not None:
                os.chown(made, who.pw_uid, who.pw_gid)
        initdb = [bin_folder / "initdb", "-D", data, "-U", USER, "--auth=trust", "-E", "UTF8"]
        # Another order of letters than the bytes have, as most servers have it.
        locale = ["--locale-provider=icu", "--icu-locale=da-DK", "--locale=C.UTF-8"]
        made = run([*initdb, *locale], who, capture_output=True, text=True)
        if made.returncode != 0:
            shutil.rmtree(data)
            sys.exit(f"no database could be made:\n{made.stderr}")
        with open(data / "postgresql.conf", "a") as settings:
            settings.writelines(f"{name} = {value}\n" for name, value in SETTINGS.items())
            settings.write(f"unix_socket_directories = '{socket}'\n")
    pg_ctl = [bin_folder / "pg_ctl", "-D", data, "-w", "-l", folder / "log"]
    if run([*pg_ctl, "status"], who, capture_output=True).returncode != 0:
        (folder / "log").unlink(missing_ok=True)
        if run([*pg_ctl, "start"], who, stdout=sys.stderr).returncode != 0:
            sys.exit(f"the server did not start: see {folder / 'log'}")
    print(f"postgres://{USER}@localhost/postgres?host={socket}", flush=True)


def stop(folder: pathlib.Path) -> None:
    bin_folder, data = programs(), folder / "data"
    if bin_folder is None or not data.exists():
        return
    run([bin_folder / "pg_ctl", "-D", data, "-m", "immediate", "stop"], owner(), stdout=sys.stderr)
    shutil.rmtree(folder)


def main() -> None:
    usual = pathlib.Path(tempfile.gettempdir()) / "svarforslag-postgres"
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--folder", type=pathlib.Path, default=usual)
    arguments.add_argument("--stop", action="store_true")
    chosen = arguments.parse_args()
    folder = chosen.folder.resolve()
    if chosen.stop:
        stop(folder)
    else:
        start(folder)


if __name__ == "__main__":
    main()
