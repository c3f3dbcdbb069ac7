"""The wait of the office's own notices while strangers send mails of PDF bombs, counted in limits for one PDF.

No second of a processor is measured: the event loop has a clock of its own, and a child that is not there takes for a
bomb all that it may. The places of the children, the budgets, the looks and the store are the product's.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.fakes import folder_of, mailbox_of
from tests.support.small_office import Form, Mails, Settings, SmallOffice, form, mail_with
from tests.support.strangers import NOTICE_SECONDS, Children, LoopClock, OwnTime, mail_of_bombs
from worker.pipeline.pipeline import watch_folder_until_settled
from worker.read.budget import STRANGERS_PDF_SECONDS
from worker.watch.folder.notices import NoticeDirectory
from worker.watch.ports import SETTLE, Fetched, Header

BOMBS: Final = 1_000
"""In one mail: as many parts as are looked at."""
BLOCK: Final = 20
"""Messages of one block, as the mailbox's adapter hands them over."""
SWEEP: Final = 60.0
"""Seconds between two looks if nothing comes."""
MOMENTS: Final = (*(7.3 * place for place in range(20)), *(97.0 * place for place in range(2, 40)))
"""When a mail of a colleague comes, and a file, in seconds after the first look began: while strangers' mails are read,
and between; the last an hour later."""
LONGEST: Final = 7200.0
"""Seconds after which what has not come is lost."""
OWN_SECONDS: Final = 2 * NOTICE_SECONDS
"""The time for reading one notice, text and places, without a wait."""


@dataclass(frozen=True, slots=True)
class Waited:
    """The longest waits, in limits for one stranger's PDF."""

    folder: float
    proven: float
    looked_at: int
    """Strangers' PDFs that were begun."""
    put_off: int
    """Strangers' mails that still wait at the end."""


class _Blocks(Mails):
    def close(self) -> None:
        """Nothing is open."""

    def blocks(self, headers: Sequence[Header]) -> Iterator[tuple[Fetched, ...]]:
        for start in range(0, len(headers), BLOCK):
            yield tuple(Fetched(each, self.received[each.uid - 1]) for each in headers[start : start + BLOCK])


def measure_strangers(mails: int, children: int, bombs: int = BOMBS, moments: Sequence[float] = MOMENTS) -> Waited:
    """The waits behind so many mails of bombs, of what comes at these moments."""
    strangers = [mail_of_bombs(bombs, number) for number in range(mails)]
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner(loop_factory=OwnTime) as runner:
        return runner.run(_watch(Path(folder), strangers, children, moments))


async def _watch(root: Path, strangers: Sequence[bytes], count: int, moments: Sequence[float]) -> Waited:
    loop = asyncio.get_running_loop()
    children = Children(count)
    office = SmallOffice(root, Settings(mode="approve", notify=()), LoopClock())  # type: ignore[arg-type]  # in place of FakeClock
    office.readers = children.for_mail
    office.reader = children
    office.start()
    office.mails = mails = _Blocks()
    await office.pipeline.watch_mailbox(mailbox_of(mails), None)  # the first look takes nothing of before
    mails.received += strangers
    came: dict[str, float] = {}
    waits: dict[str, list[float]] = {"folder": [], "mail:main": []}
    news, all_here = asyncio.Event(), asyncio.Event()

    def note() -> None:
        here = {each.notice.contract_number: each.source.came_by for each in office.store.submissions()}
        for number in [each for each in came if each in here]:
            waited = loop.time() - came.pop(number) - OWN_SECONDS
            waits[here[number]].append(waited / STRANGERS_PDF_SECONDS)
        if sum(map(len, waits.values())) == 2 * len(moments):
            all_here.set()

    office.pipeline.on_recorded = note

    async def look() -> None:
        while True:
            news.clear()
            await office.pipeline.watch_mailbox(mailbox_of(mails), None)
            note()
            _, waiting = await asyncio.wait([asyncio.create_task(news.wait())], timeout=SWEEP)
            for each in waiting:
                each.cancel()

    looking = asyncio.create_task(look())
    for turn, moment in enumerate(moments):
        await asyncio.sleep(max(moment - loop.time(), 0))
        by_mail, by_folder = _orders(turn)
        came[by_mail.number] = loop.time()
        mails.received.append(mail_with(by_mail, number=10_000 + turn))
        news.set()
        office.save(by_folder)
        came[by_folder.number] = loop.time() + SETTLE.total_seconds()
        await watch_folder_until_settled(office.pipeline, folder_of(NoticeDirectory(office.notices)))
        note()
    async with asyncio.timeout(LONGEST):
        await all_here.wait()
    looking.cancel()
    left = sum(each.end.value == "put_off" for each in office.store.messages("main"))
    await office.stop()
    return Waited(max(waits["folder"]), max(waits["mail:main"]), len(children.read_bombs), left)


def _orders(turn: int) -> tuple[Form, Form]:
    """The notice that comes by mail, and the notice that is saved to the folder."""
    return form(100 + turn, project=1), form(200 + turn, project=2)
