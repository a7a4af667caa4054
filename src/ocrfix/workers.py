"""Work shared out among processes; what comes of it comes in the order in which it was given."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import parent_process
from multiprocessing.context import SpawnContext
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

K = TypeVar("K")
T = TypeVar("T")
R = TypeVar("R")

BATCH = 4_000
"""Characters that are sent to a process at once, or one part that is longer."""
EACH = 200
"""What a part weighs besides its characters: a short text takes as long as so many."""
AHEAD = 2
"""Batches given out for each process: one that it works on, and one that is ready."""
TRIES = 3
"""How often a batch is given out: a process may be killed by what else the machine does, or by the batch itself."""


class WorkerError(RuntimeError):
    """Processes that work on one batch died again and again."""


def in_order(
    do: Callable[[T], R],
    items: Iterable[tuple[K, Sequence[T]]],
    jobs: int = 1,
    size: Callable[[T], int] = lambda part: EACH + len(part),  # type: ignore[arg-type]
) -> Generator[tuple[K, list[R]], None, None]:
    """Of each item its key, and what `do` makes of its parts.

    do: what can be pickled; each process gets it once. items: a key, which stays here, and parts, which are sent; they
    are taken as they are needed. jobs: how many processes; with 1, the work is done here. size: what a part weighs;
    parts are sent together up to BATCH.

    Where the caller stops, or is interrupted, the processes are ended at once; where the caller dies, they end too.

    >>> list(in_order(str.upper, [("first", ["a", "b"]), ("none", []), ("last", ["c"])]))
    [('first', ['A', 'B']), ('none', []), ('last', ['C'])]

    Raises what `do` raises, ValueError for less than one job, and WorkerError where a process died TRIES times.
    """
    if jobs < 1:
        raise ValueError(f"jobs: expected 1 or more, found {jobs}")
    if jobs == 1:
        for key, parts in items:
            yield key, [do(part) for part in parts]
        return
    keys: deque[tuple[K, int]] = deque()
    done: deque[R] = deque()
    todo = _batches(items, keys, size)
    with _Processes(do, jobs) as processes:
        while True:
            while len(processes.running) < AHEAD * jobs and (batch := next(todo, None)):
                processes.give(batch)
            while keys and len(done) >= keys[0][1]:
                key, many = keys.popleft()
                yield key, [done.popleft() for _ in range(many)]
            if not processes.running:
                return
            done.extend(processes.take())


def _batches(
    items: Iterable[tuple[K, Sequence[T]]], keys: deque[tuple[K, int]], size: Callable[[T], int]
) -> Iterator[list[T]]:
    """The parts of all items, some at a time; to `keys` goes each key with the number of its parts."""
    batch: list[T] = []
    weight = 0
    for key, parts in items:
        keys.append((key, len(parts)))
        for part in parts:
            batch.append(part)
            weight += size(part)
            if weight >= BATCH:
                yield batch
                batch, weight = [], 0
    if batch:
        yield batch


class _Processes:
    """Processes that do one thing, and the batches that they have been given, in order."""

    def __init__(self, do: Callable[[Any], Any], jobs: int) -> None:
        self.do, self.jobs = do, jobs
        self.running: deque[tuple[Sequence[Any], Future[list[Any]]]] = deque()
        self.begin()

    def begin(self) -> None:
        self.context = _Context()
        # Spawned, not forked: a copy of a process with threads may wait for ever for a lock that one of them held.
        self.pool = ProcessPoolExecutor(self.jobs, self.context, _begin, (self.do,))

    def give(self, batch: Sequence[Any]) -> None:
        with _no_interrupt():  # what is started here is deaf to Ctrl-C: to end it is for us
            try:
                future = self.pool.submit(_do_each, batch)
            except BrokenProcessPool as error:  # to be told when it is this batch's turn
                future = Future()
                future.set_exception(error)
            self.running.append((batch, future))

    def take(self) -> list[Any]:
        """What came of the first batch; where a process has died, all that are running are given out anew."""
        for _ in range(TRIES):
            try:
                found = self.running[0][1].result()
            except BrokenProcessPool:
                again = [batch for batch, _ in self.running]
                self.end()
                self.begin()
                for batch in again:
                    self.give(batch)
            else:
                self.running.popleft()
                return found
        raise WorkerError(
            f"a process died {TRIES} times at one batch: killed from outside, short of memory (use fewer), "
            'or begun by a script that lacks `if __name__ == "__main__":`'
        )

    def end(self) -> None:
        """Ends the processes, whatever they do."""
        for process in self.context.started:
            process.kill()
        self.pool.shutdown(cancel_futures=True)
        self.running.clear()

    def __enter__(self) -> _Processes:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.pool.shutdown()
        else:
            self.end()


class _Context(SpawnContext):
    """What starts processes, and remembers them."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[BaseProcess] = []

    def Process(self, *args: Any, **settings: Any) -> BaseProcess:  # type: ignore[override]
        process = SpawnContext.Process(*args, **settings)
        self.started.append(process)
        return process


@contextmanager
def _no_interrupt() -> Iterator[None]:
    """Holds Ctrl-C back for a moment; a process that is started meanwhile never hears of it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_do: Callable[[Any], Any]
"""In a process that works for another: what it does."""


def _begin(do: Callable[[Any], Any]) -> None:
    global _do
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent_process(),), daemon=True).start()
    _do = do


def _end_with(parent: BaseProcess) -> None:
    """Ends this process when its parent is gone: it would wait for work for ever."""
    parent.join()
    os._exit(1)


def _do_each(batch: Sequence[Any]) -> list[Any]:
    return [_do(part) for part in batch]
