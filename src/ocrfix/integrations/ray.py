"""Ray: the rows of a data set, or the parts of a corpus, corrected by a cluster."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from ocrfix.config import Config
from ocrfix.corpus import Do, Part
from ocrfix.corpus.contents import columns_of, values_of
from ocrfix.integrations import REFUSED, Batches
from ocrfix.tally import Tally

TALLY = "tally"
BATCHES = 5
"""How many batches a process is given at a time, and does again where another died."""
TRIES = 3
"""How often a part is begun anew whose process died."""


class Correct(Batches):
    """For `Dataset.map_batches` with `batch_format="pyarrow"`: a table in, the table corrected out.

    With `together=True` for `Dataset.groupby(…).map_groups`: an issue, a year shares what it says.
    """

    def __call__(self, table: Any) -> Any:
        import pyarrow

        new = super().__call__({self.column: values_of(table.column(self.column))})
        kinds = {self.column: pyarrow.string(), **columns_of(pyarrow), REFUSED: pyarrow.string()}
        for name, kind in kinds.items():
            values = pyarrow.array(new[name], kind)
            at = table.schema.get_field_index(name)
            table = table.append_column(name, values) if at < 0 else table.set_column(at, name, values)
        return table


class Count(Batches):
    """For `Dataset.map_batches` with `batch_format="pyarrow"`: a table in, one row with what it says out."""

    def __call__(self, table: Any) -> Any:
        import pyarrow

        tally = self.survey({self.column: values_of(table.column(self.column))})
        return pyarrow.table({TALLY: pyarrow.array([tally.to_bytes()], pyarrow.large_binary())})


def corrected(
    dataset: Any,
    column: str = "text",
    config: Config | None = None,
    survey: Tally | None = None,
    concurrency: int | tuple[int, int] = 1,
    batch_size: int = 200,
) -> Any:
    """A Ray data set with its texts corrected, and the columns `corrections`, `counts` and `refused`.

    survey: what all rows say together (`surveyed`). concurrency: how many processes, each with one corrector.
    batch_size: rows that one of them is given at once.

    Raises ImportError where Ray is not installed.
    """
    return _mapped(dataset, Correct, concurrency, batch_size, column=column, config=config, survey=survey)


def surveyed(
    dataset: Any,
    column: str = "text",
    config: Config | None = None,
    concurrency: int | tuple[int, int] = 1,
    batch_size: int = 1000,
) -> Tally:
    """What the texts of a Ray data set say together: counted batch by batch by the cluster, and added up.

    Raises ImportError where Ray is not installed.
    """
    counted = _mapped(dataset, Count, concurrency, batch_size, column=column, config=config)
    return Tally.total(Tally.from_bytes(row[TALLY]) for row in counted.iter_rows())


def parts_on_ray(do: Do, todo: Sequence[Part], jobs: int) -> Iterator[dict[str, int]]:
    """Has the parts of a corpus done by a cluster: the engine "ray" of `correct_corpus`.

    jobs: how many at once, 0 for as many as the cluster has processors. A part whose process dies is begun anew.

    Raises ImportError where Ray is not installed.
    """
    ray = _ray()
    if not ray.is_initialized():
        ray.init(log_to_driver=False)
    jobs = jobs or int(ray.cluster_resources().get("CPU", 1))
    remote = ray.remote(num_cpus=1, max_retries=TRIES)(_do)
    shared, waiting, running = ray.put(do), deque(todo), list[Any]()
    while waiting or running:
        while waiting and len(running) < jobs:
            running.append(remote.remote(shared, waiting.popleft()))
        (ready,), running = ray.wait(running)
        yield ray.get(ready)


def _do(do: Do, part: Part) -> dict[str, int]:
    return do(part)


def _mapped(dataset: Any, made: type, concurrency: int | tuple[int, int], batch_size: int, **settings: Any) -> Any:
    ray = _ray()
    least, most = (concurrency, concurrency) if isinstance(concurrency, int) else concurrency
    # The processes together leave a processor free: else nobody could read, and all would wait for ever.
    free = ray.cluster_resources().get("CPU", 1) - 1 if ray.is_initialized() else most
    # A file comes as one block, and a block goes to one process: cut, all of them have work, and little is done again.
    return dataset.repartition(target_num_rows_per_block=BATCHES * batch_size).map_batches(
        made,
        fn_constructor_kwargs=settings,
        batch_format="pyarrow",
        batch_size=batch_size,
        num_cpus=min(1, int(1000 * max(free, 0.5) / most) / 1000),
        compute=ray.data.ActorPoolStrategy(min_size=least, max_size=most),
    )


def _ray() -> Any:
    try:
        import ray
        import ray.data
    except ImportError:
        raise ImportError("Ray is needed for this: pip install 'ocrfix-zh[ray]'") from None
    return ray
