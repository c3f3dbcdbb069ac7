"""The configuration's files: found, read, and the paths in them resolved.

Problems of several files come in one ConfigError. ``load`` checks the contents, ``secret_files`` reads passwords.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from worker.config.loose_files import find_loose
from worker.config.shipped import shipped_file, shipped_names
from worker.config.store_toml import dir_in
from worker.config.system_places import SYSTEM_CONFIGURATION, WITNESSES
from worker.core.errors import ConfigError, Problem, Unavailable
from worker.core.file_names import is_left_file
from worker.core.model import UnreadReason

if TYPE_CHECKING:
    from worker.config.outline import OutlinedSettings
    from worker.config.quiet_period import Stamp
    from worker.config.settings import Settings

ENVIRONMENT: Final = "HOSHOBIN_CONFIG"
TEMPLATES: Final = "templates/mail"
FORMER_TEMPLATES: Final = "templates/former"
"""One folder for each version of the program whose shipped texts have been reworded since: drafts keep them."""

MAX_FILE_BYTES: Final = 8_000_000
"""Of one configuration file; a register of 1,000 projects is about 0.5 MB."""


# --- The directory -------------------------------------------------------------------------------------------


def find_directory(option: str | None, env: Mapping[str, str], cwd: Path, system: Path = SYSTEM_CONFIGURATION) -> Path:
    """The configuration directory: ``--config``, else $HOSHOBIN_CONFIG, else ``./config``, else ``/etc/hoshobin``.

    A directory that is named must exist. Of the other two, the first that holds a ``worker.toml`` counts: many projects
    have some other folder called config. Raises ConfigError with the places that it searched.
    """
    named = option or env.get(ENVIRONMENT)
    if named:
        directory = _absolute(cwd / named)
        if directory.is_dir():
            return directory
        raise ConfigError([Problem(str(directory), "", "no_directory", {"looked": str(directory)})])
    places = [_absolute(cwd / "config"), system]
    for place in places:
        if (place / "worker.toml").exists():
            return place
    raise ConfigError([Problem("worker.toml", "", "no_directory", {"looked": ", ".join(map(str, places))})])


def _absolute(path: Path) -> Path:
    # Links are kept: the parent of a linked ./config is the folder a person sees it in.
    return Path(os.path.abspath(path))  # noqa: PTH100  Path.absolute keeps the ".."


def read_directory(path: Path) -> dict[str, bytes]:
    """Every configuration file of ``path`` by its name relative to it, and the shipped ones that it leaves out.

    ``projects.toml`` and ``issuers/`` are those of ``[register] dir``, if that is given. The shipped ones are
    ``guarantors.toml`` and the mail templates. Hidden files are left. A file that is no regular file (a link to one
    is), is too large or cannot be read is a problem; all of them come in one ConfigError.
    """
    found: list[Problem] = []
    files: dict[str, bytes] = {}
    register = register_directory(path)
    for place, names in _places_of_files(path, register):
        for name in names:
            try:
                files[name] = read_regular(place / name, MAX_FILE_BYTES)
            except UnusableFile as unfit:
                found.append(Problem(name, "", unfit.code, unfit.params))
        found += find_loose([place, *(place / name for name in names)], register=None if place == path else place)
    found += _problems_of_register(path, register)
    if found:
        raise ConfigError(found)
    for name in shipped_names(TEMPLATES):
        if name.endswith(".j2"):
            files.setdefault(f"{TEMPLATES}/{name}", shipped_file(*TEMPLATES.split("/"), name))
    files.setdefault("guarantors.toml", shipped_file("config", "guarantors.toml"))
    return files


def stamp_directory(path: Path) -> Stamp:
    """Returns a stamp that differs if a file changed, came or went; opens ``worker.toml`` alone.

    A folder that cannot be read looks like none: reading it says why.
    """
    stamp = []
    try:
        for place, names in _places_of_files(path, register_directory(path)):
            for name in names:
                with contextlib.suppress(OSError):  # gone since it was listed
                    status = os.stat(place / name)  # noqa: PTH116  no Path for each of them
                    stamp.append((name, status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns))
    except ConfigError:
        return ()
    return tuple(stamp)


def find_unread(path: Path) -> tuple[tuple[str, UnreadReason], ...]:
    """Files and folders in the directory that look like configuration and are not read, by name. Raises nothing.

    In ``issuers`` and the folder of templates: every file with another ending. In the directory itself: only files
    with .toml in their names, as other files are kept there too.
    """
    register = register_directory(path)
    places = dict.fromkeys((path, register))
    found = [
        name for place in places for name in _listed_or_none(place) if ".toml" in name.casefold() and name not in _FILES
    ]
    for folder, ending in _FOLDERS:
        looked = places if folder == _ISSUERS else (path,)
        listed = (name for place in looked for name in _listed_or_none(place / folder))
        found += [f"{folder}/{name}" for name in listed if not name.endswith(ending)]
    return tuple((name, UnreadReason.NOT_TOML) for name in found if not _is_left(name.rpartition("/")[2]))


def _is_left(name: str) -> bool:
    """Returns true for copies that editors make, and for files that systems leave in a folder."""
    return name.startswith("#") or name.endswith("~") or is_left_file(name)


def _listed_or_none(folder: Path) -> list[str]:
    try:
        return _listed(folder)
    except ConfigError:
        return []


_WORKER: Final = "worker.toml"
_PROJECTS: Final = "projects.toml"
_ISSUERS: Final = "issuers"
_FILES: Final = (_WORKER, _PROJECTS, "guarantors.toml")
_FOLDERS: Final = ((_ISSUERS, ".toml"), (TEMPLATES, ".j2"))


def register_directory(path: Path) -> Path:
    """Returns the directory of ``projects.toml`` and ``issuers/``: ``[register] dir``, else ``path`` itself.

    As ``[store] dir``, it is absolute or relative to the parent of the configuration directory ``path``. A
    ``worker.toml`` that cannot be read names none; loading it says why.
    """
    given = _named_dir(path, "register")
    return _absolute(_absolute(path).parent / given) if given else path


def _named_dir(path: Path, table: str) -> str:
    """Returns ``dir`` of a table of ``worker.toml``, also if other lines are wrong; empty if it is not certain."""
    try:
        return dir_in(read_regular(path / _WORKER, MAX_FILE_BYTES).decode("utf-8-sig"), table)
    except (UnusableFile, UnicodeDecodeError):
        return ""


def place_of_file(path: Path, name: str) -> Path:
    """Returns the path of the file ``name`` of the configuration directory ``path``."""
    is_of_register = name == _PROJECTS or name.startswith(f"{_ISSUERS}/")
    return (register_directory(path) if is_of_register else path) / name


def register_files(place: Path) -> tuple[str, ...]:
    """Returns the names of the register's files in ``place``, ``issuers/`` with its folder."""
    names = [_PROJECTS] if os.path.lexists(place / _PROJECTS) else []
    return (*names, *_names_in_folder(place, _ISSUERS, ".toml"))


def own_files(path: Path) -> Iterator[tuple[Path, tuple[Path, ...]]]:
    """Yields each place of the configuration with the paths of its own files: the directory, and the register's.

    Raises ConfigError if a folder cannot be listed.
    """
    for place, names in _places_of_files(path, register_directory(path)):
        yield place, tuple(place / name for name in names)


def _problems_of_register(path: Path, register: Path) -> Iterator[Problem]:
    """Refuses a register in both places, as either might be meant, and a directory that is missing."""
    if register == path:
        return
    places = {"here": str(path), "there": str(register)}
    if not register.is_dir():
        yield Problem(_WORKER, "register.dir", "register_missing", places)
    for name in register_files(path):
        yield Problem(name, "", "register_twice", places)


def _places_of_files(path: Path, register: Path) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """The names of the files in each place that is read."""
    own = tuple(name for name in _FILES if name != _PROJECTS and os.path.lexists(path / name))
    templates = tuple(_names_in_folder(path, TEMPLATES, ".j2"))
    if register == path:
        yield path, (*own, *register_files(path), *templates)
    else:
        yield path, (*own, *templates)
        yield register, register_files(register)


def _names_in_folder(path: Path, folder: str, ending: str) -> Iterator[str]:
    for name in _listed(path / folder):
        if name.endswith(ending) and not name.startswith("."):
            yield f"{folder}/{name}"


def _listed(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208  names, not paths
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ConfigError([Problem(folder.name, "", "file_unreadable", {"detail": error.strerror or ""})]) from error


class UnusableFile(Exception):
    """A file cannot be used; ``code`` is one of ``core.messages``."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def read_regular(path: Path, limit: int, judge: Callable[[os.stat_result], None] | None = None) -> bytes:
    """At most ``limit`` bytes of a regular file; a FIFO does not block. ``judge`` may refuse it by its status."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise UnusableFile("not_a_file")
            if judge is not None:
                judge(status)
            content = file.read(limit + 1)
    except IsADirectoryError as error:
        raise UnusableFile("not_a_file") from error
    except OSError as error:
        raise UnusableFile("file_unreadable", detail=error.strerror or type(error).__name__) from error
    if len(content) > limit:
        raise UnusableFile("file_too_large", limit=f"{limit:,}")
    return content


# --- Places --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Places:
    """The places of the store and the folders, all absolute."""

    store: Path
    notices: Path
    invoices: Path
    witness: Path | None = None
    """The folder of the store's witness, by ``[store] witness`` or by systemd; None if neither names one."""

    def under_store(self, name: str) -> Path:
        """A path from the configuration (``ca_file``) as an absolute one."""
        return self.store / name


def resolve_store(given: str, directory: Path, env: Mapping[str, str]) -> Path:
    """Returns the store's directory; ``given`` is ``[store] dir``. Raises ConfigError ``store_dir_unknown``."""
    named = given or env.get("STATE_DIRECTORY", "").partition(":")[0]
    if not named:
        raise ConfigError([Problem("worker.toml", "store.dir", "store_dir_unknown")])
    return _absolute(_absolute(directory).parent / named)


def find_store(option: str | None, env: Mapping[str, str], cwd: Path) -> Path:
    """The store's directory: ``[store] dir``, else $STATE_DIRECTORY; a fault elsewhere in the files does not hide it.

    Raises ConfigError if neither names one.
    """
    try:
        directory = find_directory(option, env, cwd)
    except ConfigError:
        if not env.get("STATE_DIRECTORY"):
            raise
        directory = cwd  # of no effect: $STATE_DIRECTORY is absolute
    return resolve_store(_named_dir(directory, "store"), directory, env)


def resolve_witness(given: str, store: Path, directory: Path, env: Mapping[str, str]) -> Path | None:
    """Returns the witness's folder for ``[store] witness``; if that is empty, the one that systemd made.

    None if neither names one. Raises ConfigError ``witness_in_store``: it would be restored with the store.
    """
    if not given:
        made = (Path(each) for each in env.get("STATE_DIRECTORY", "").split(":") if each)
        return next((each for each in made if each.parent.name == WITNESSES.name), None)
    witness = _absolute(_absolute(directory).parent / given)
    if {store.resolve(), store} & {witness, witness.resolve(), *witness.parents, *witness.resolve().parents}:
        raise ConfigError([Problem("worker.toml", "store.witness", "witness_in_store", {"store": str(store)})])
    return witness


def resolve_places(settings: Settings | OutlinedSettings, directory: Path, env: Mapping[str, str]) -> Places:
    """The store's directory and the folders. Raises ConfigError if the store's directory is not named.

    ``[store] dir`` is relative to the parent of the configuration ``directory``; empty, it is systemd's
    $STATE_DIRECTORY, the first of them if there are several.
    """
    store = resolve_store(settings.store_dir, directory, env)
    return Places(
        store=store,
        notices=_absolute(store / settings.notices),
        invoices=_absolute(store / settings.invoices),
        witness=resolve_witness(settings.store_witness, store, directory, env),
    )


def is_own_folder(folder: Path, places: Places) -> bool:
    """Returns true if ``run`` makes this folder: it is below the store's directory."""
    return places.store in folder.parents


def make_own_folders(places: Places) -> None:
    """Make the folders below the store's directory; one that others keep (a share) is never made.

    A share that is not mounted must be reported; an empty folder would hide it.
    """
    for folder in (places.notices, places.invoices):
        if is_own_folder(folder, places):
            try:
                folder.mkdir(parents=True, exist_ok=True)
                _share_as(places.store, folder)
            except OSError as error:
                raise Unavailable("folder", f"{folder}: {error.strerror}") from error


def _share_as(store: Path, folder: Path) -> None:
    """Lets the group into a folder and those above it, if it may write the store: the console puts PDFs there.

    They also get it where an earlier start made them for their owner alone.
    """
    shared = store.stat()
    if not shared.st_mode & stat.S_IWGRP or shared.st_gid != os.getegid():
        return
    for each in (folder, *folder.parents[: folder.parents.index(store)]):
        status = each.stat()
        if status.st_uid == os.geteuid() and status.st_gid == shared.st_gid and not status.st_mode & stat.S_IRWXG:
            each.chmod(stat.S_IMODE(status.st_mode) | stat.S_IRWXG)


# --- Templates -----------------------------------------------------------------------------------------------


class TemplateFiles:
    """``ports.Templates``: those next to ``worker.toml``, then the shipped ones.

    They are read once: a running service keeps the texts it started with until it reloads.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        """``files`` as ``read_directory`` gives them (checked by ``load_configuration``); {} for the shipped alone."""
        shipped = {name: shipped_file(*TEMPLATES.split("/"), name) for name in shipped_names(TEMPLATES)}
        own = {
            name.removeprefix(f"{TEMPLATES}/"): content
            for name, content in files.items()
            if name.startswith(f"{TEMPLATES}/")
        }
        self.texts = {name: content.decode("utf-8-sig", errors="replace") for name, content in (shipped | own).items()}
        self._own = frozenset(name for name, content in own.items() if content != shipped.get(name))

    def source(self, name: str, version: str = "") -> str | None:
        """Returns the template's text by its file name (``default.txt.j2``); None if there is none of this name.

        With ``version``, a shipped text as that version of the program had it; a text of the office's own has none.
        """
        former = f"{FORMER_TEMPLATES}/{version}"
        if version and name not in self._own and name in shipped_names(former):
            return shipped_file(*former.split("/"), name).decode()
        return self.texts.get(name)
