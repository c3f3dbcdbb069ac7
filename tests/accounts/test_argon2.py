"""Argon2id as it is: parameters, salts, the same work for a name without an account, at most two at a time."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from worker.accounts.argon2.hasher import AT_A_TIME, Argon2Hasher
from worker.accounts.login import UNKNOWN_HASH
from worker.service.wiring import build_hasher


def test_a_hash_is_of_its_password_alone_and_has_the_parameters_of_the_design() -> None:
    hasher = build_hasher()
    first, second = hasher.hash("つゆくさ"), hasher.hash("つゆくさ")
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert first != second
    assert hasher.verify(first, "つゆくさ")
    assert not hasher.verify(first, "つゆくさ ")


def test_the_check_of_a_name_without_an_account_is_the_same_work() -> None:
    hasher = Argon2Hasher()
    made = hasher.hash("x").split("$")
    unknown = UNKNOWN_HASH.split("$")
    assert [*map(len, made)] == [*map(len, unknown)]
    assert made[:4] == unknown[:4]
    assert not hasher.verify(UNKNOWN_HASH, "")


@pytest.mark.parametrize("text", ["", "x", "$argon2id$", "$argon2id$v=19$m=19456,t=2,p=1$AAAA", "plain:x"])
def test_a_text_that_is_no_hash_fits_no_password(text: str) -> None:
    assert not Argon2Hasher().verify(text, "x")


def test_at_most_two_are_hashed_at_a_time() -> None:
    hasher = Argon2Hasher()
    inside, most, gate = 0, 0, threading.Lock()
    verify = hasher._hasher.verify

    class Watched:
        def verify(self, hashed: str, password: str) -> bool:
            nonlocal inside, most
            with gate:
                inside += 1
                most = max(most, inside)
            try:
                return verify(hashed, password)
            finally:
                with gate:
                    inside -= 1

    hasher._hasher = Watched()  # type: ignore[assignment]
    threads = [threading.Thread(target=hasher.verify, args=(UNKNOWN_HASH, "x")) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert most == AT_A_TIME


def test_neither_the_worker_nor_the_decisions_load_argon2() -> None:
    code = (
        "import sys\n"
        "import worker.service.service, worker.service.wiring, worker.pipeline.pipeline, worker.cli.run_office\n"
        "import worker.accounts.login, worker.accounts.people, worker.accounts.sessions\n"
        "assert not [name for name in sys.modules if name.startswith(('argon2', '_argon2', 'starlette', 'uvicorn'))]"
    )
    subprocess.run([sys.executable, "-I", "-c", code], check=True, timeout=120)
