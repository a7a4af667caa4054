"""The command `ocrfix`: finds out which of its verbs is asked for, and ends as a command should."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence

from ocrfix import options
from ocrfix.console import open_what_is_closed, speak_utf8
from ocrfix.runs import FAILED, INTERRUPTED


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code.

    0: nothing to correct, all written, or places printed. 1: corrections to make. 2: an error. 130: interrupted.
    argv: the arguments without the command's name (default: the process's).
    """
    args = sys.argv[1:] if argv is None else list(argv)
    try:
        open_what_is_closed()
        speak_utf8(sys.stdout)
        speak_utf8(sys.stderr)
        parser = options.parser()
        if not args or args[0] not in (*options.VERBS, "-h", "--help", "--version"):
            parser.print_help(sys.stderr)
            if args:
                print(f"\nocrfix: expected a verb, found {args[0]!r}; try: ocrfix check {args[0]}", file=sys.stderr)
            return FAILED
        parsed = parser.parse_args(args)
        code = _run(parsed)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        print("ocrfix: interrupted", file=sys.stderr)
        return INTERRUPTED
    except OSError as error:
        # What goes wrong with a file is said where it is read or written: this is the report itself.
        if not isinstance(error, BrokenPipeError):  # else whoever read it has left
            print(f"ocrfix: standard output: {error.strerror}", file=sys.stderr)
        # Python flushes once more at exit, and must not complain then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception:
        # A mistake of ours. Python would exit with 1, which says that corrections were found.
        traceback.print_exc()
        return FAILED


def _run(args: argparse.Namespace) -> int:
    """Does what the arguments say. Only the verb that was asked for is imported: a hook has half a second."""
    match args.verb:
        case "check":
            from ocrfix.commands.check import run
        case "places":
            from ocrfix.commands.places import run
        case "review":
            from ocrfix.commands.review import run
        case "apply":
            from ocrfix.commands.apply import run
        case "learn":
            from ocrfix.commands.learn import run
        case "report":
            from ocrfix.commands.report import run
        case _:
            from ocrfix.commands.corpus import run
    return run(args)
