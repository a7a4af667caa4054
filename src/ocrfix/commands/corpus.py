"""`ocrfix corpus`: a corpus is corrected into a folder."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ocrfix import corpus, files, settings
from ocrfix.console import complain, count, progress
from ocrfix.pipeline import Corrector
from ocrfix.runs import CLEAN, FAILED
from ocrfix.workers import WorkerError


def run(args: argparse.Namespace) -> int:
    """Does what the arguments say; returns the exit code."""
    if args.encoding is not None and not files.is_encoding(args.encoding):
        args.error(f"--encoding: Python knows no encoding {args.encoding!r}")
    shown = sys.stderr.isatty() and not args.quiet
    more = {name: value for name in ("rows", "longest") if (value := getattr(args, name)) is not None}
    try:
        engine: corpus.Engine = corpus.local
        jobs = 1 if args.jobs is None else args.jobs
        if args.runs_on == "ray":
            from ocrfix.integrations.ray import parts_on_ray

            engine, jobs = parts_on_ray, args.jobs or 0
        total = corpus.correct_corpus(
            Path(args.source),
            Path(args.folder),
            Corrector(config=settings.config(args)),
            column=args.column,
            together=args.together,
            encoding=args.encoding,
            jobs=jobs,
            engine=engine,
            watch=lambda many, doing: progress(many, doing if shown else ""),
            **more,
        )
    except (ImportError, OSError, TypeError, ValueError, files.FileError, WorkerError) as error:
        complain(error)
        return FAILED
    if not args.quiet:
        refused = f"; {count(total['rejected'], 'row')} refused, see {Path(args.folder, '_rejects')}"
        print(
            f"{count(total['corrections'], 'correction')} made, in {total['altered']} of "
            f"{count(total['rows'], 'row')}" + (refused if total["rejected"] else ""),
            file=sys.stderr,
        )
    return CLEAN
