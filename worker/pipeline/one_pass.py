"""One pass over everything due, and a folder watched until its files have settled."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from worker.core.clock import Clock
from worker.core.errors import LogBroken, Unavailable
from worker.core.model import Hold
from worker.core.states import NEEDS_A_PERSON, State
from worker.pipeline.pipeline import Pipeline
from worker.read.ports import BROKEN_SANDBOX
from worker.store.ports import Store
from worker.watch.ports import Folder, Mailbox, Thread

WAITS_FOR_A_PERSON: Final = NEEDS_A_PERSON | {State.IN_DOUBT, State.REFUSED, State.BOUNCED, State.OVERDUE}


@dataclass(slots=True)
class Pass:
    """What one pass came to, for exit codes and the operator."""

    began_to_wait: int = 0
    new: int = 0
    """Submissions of this pass that wait for a person."""
    changed: int = 0
    """Those of before about which a person has something to do: another reason, a reminder, news of what was sent."""
    sent: int = 0
    failures: dict[str, Unavailable] = field(default_factory=dict)
    broken: LogBroken | None = None
    goes_on_at: dt.datetime | None = None
    """When the cap of mails per minute lets the next one begin."""


async def watch_folder_until_settled(pipeline: Pipeline, folder: Folder, thread: Thread) -> int:
    """Look, and once more when the files that still settled at the first look have had their time.

    A file that keeps changing is left to the next pass. Raises Unavailable.
    """
    waiting, look_again = await pipeline.watch_folder(folder, thread)
    if look_again is None:
        return waiting
    await asyncio.sleep(look_again.total_seconds())
    later, _ = await pipeline.watch_folder(folder, thread)
    return waiting + later


async def run_once(
    pipeline: Pipeline,
    mailboxes: Sequence[tuple[Mailbox, Thread]],
    since: Mapping[str, dt.date | None],
    folder: tuple[Folder, Thread],
    clock: Clock,
) -> Pass:
    """Read all mailboxes and the folder first, then judge, send and tell. What fails is named; the rest goes on.

    No pass of the same process follows, so an answer that could not be recorded is tried once more at the end.
    """
    before, last = _waiting(pipeline.store), sum(pipeline.store.count_by_state().values())
    try:
        done = await _run_once(pipeline, mailboxes, since, folder, clock)
        with contextlib.suppress(Unavailable, LogBroken):  # what the pass came to is said all the same
            for number, stands in _waiting(pipeline.store).items():
                done.new += number > last
                done.changed += number <= last and before.get(number) != stands
            # News of what was sent and a reminder change neither state nor reason.
            done.changed = max(done.changed, done.began_to_wait - done.new)
        return done
    finally:
        with contextlib.suppress(Unavailable, LogBroken):  # it is found in doubt then, and a person is told
            pipeline.sending.record_kept_answer()


def _waiting(store: Store) -> dict[int, tuple[State, tuple[Hold, ...]]]:
    """How each stands that waits for a person."""
    return {each.id: (each.state, each.reasons) for each in store.submissions(*WAITS_FOR_A_PERSON)}


async def _run_once(
    pipeline: Pipeline,
    mailboxes: Sequence[tuple[Mailbox, Thread]],
    since: Mapping[str, dt.date | None],
    folder: tuple[Folder, Thread],
    clock: Clock,
) -> Pass:
    done = Pass()

    async def watch(name: str, look: Awaitable[int]) -> None:
        try:
            waiting = await look
        except Unavailable as failure:
            done.failures[name] = failure
            pipeline.health.failed(name, failure, clock.now())
        except LogBroken as broken:
            done.broken = broken  # the others go on, and the operator is told
        else:
            done.began_to_wait += waiting  # in one step: `+= await …` would forget what others added meanwhile

    await asyncio.gather(
        watch("folder", watch_folder_until_settled(pipeline, *folder)),
        *(
            watch(f"mail:{mailbox.name}", pipeline.watch_mailbox(mailbox, thread, since.get(mailbox.name)))
            for mailbox, thread in mailboxes
        ),
    )
    await finish_pass(pipeline, done)
    while done.goes_on_at is not None and not done.failures and done.broken is None:
        await asyncio.sleep(max((done.goes_on_at - clock.now()).total_seconds(), 0))
        await finish_pass(pipeline, done)
    if "smtp" in done.failures:
        pipeline.health.failed("smtp", done.failures["smtp"], clock.now())
        await pipeline.telling.call_operator(pipeline.active_config, done.failures["smtp"])
    return done


async def finish_pass(pipeline: Pipeline, done: Pass) -> None:
    """Judge what waits, send what is due, look at the clock, tell the operator, note the head.

    Raises Unavailable; where PDFs cannot be read, only after the operator was told.
    """
    unread: Unavailable | None = None
    try:
        await pipeline.tell_doubt()
        done.began_to_wait += await pipeline.judge_waiting()
        await _send(pipeline, done)
        done.began_to_wait += pipeline.reminding.remind(pipeline.active_config)
    except LogBroken as broken:
        done.broken = broken
    except Unavailable as failure:
        if failure.what not in {"pdf", BROKEN_SANDBOX}:
            raise
        unread = failure
        pipeline.health.tell_unread(failure)
    if done.broken is not None:
        pipeline.tell_broken(done.broken)
    if "smtp" not in done.failures and (untold := await pipeline.tell_operator()) is not None:
        done.failures["smtp"] = untold
    pipeline.mark_head()
    if unread is not None:
        raise unread


async def _send(pipeline: Pipeline, done: Pass) -> None:
    """Send what is due. Where nothing may be sent, people are reminded all the same of what has a deadline."""
    try:
        sent = await pipeline.send_due()
    except LogBroken as broken:
        done.broken = broken
        return
    done.sent, done.began_to_wait = done.sent + sent.sent, done.began_to_wait + sent.began_to_wait
    done.goes_on_at = sent.goes_on_at
    if sent.failure is not None:
        done.failures["smtp"] = sent.failure
