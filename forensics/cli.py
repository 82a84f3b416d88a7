"""The `athar` command: one subcommand a file of `forensics/commands/`, loaded when it is asked for."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import click

from forensics import commands, own_process

ORDER = (
    "run",
    "demo",
    "case",
    "add",
    "ingest",
    "analyze",
    "timeline",
    "stats",
    "search",
    "findings",
    "rules",
    "show",
    "extract",
    "carve",
    "report",
    "export",
    "verify",
    "doctor",
)


class _Commands(click.Group):
    """Finds a subcommand in the module of its name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        found = {info.name for info in pkgutil.iter_modules(commands.__path__)}
        return [name for name in ORDER if name in found] + sorted(found - set(ORDER))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = importlib.import_module(f"forensics.commands.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        import difflib

        if args and not args[0].startswith("-") and args[0] not in (known := self.list_commands(ctx)):
            near = difflib.get_close_matches(args[0], known, 1)
            hint = f"did you mean {near[0]!r}?" if near else "athar --help lists them"
            raise click.UsageError(f"no command {args[0]!r}; {hint}", ctx)
        return super().resolve_command(ctx, args)


@click.command(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done; 1 done, but evidence changed, a reader failed or verification failed; 2 wrong usage.",
)
@click.version_option(package_name="athar-forensics", prog_name="athar")
def athar() -> None:
    """Athar (أثر, "trace"): captures, Windows event logs and web logs in; one checkable timeline and case summary out.

    \b
    athar demo                                      make and run a synthetic case
    athar run EVIDENCE --case CASE                  evidence to summary in one go
    athar timeline CASE --host WEB01 --grep cmd     look at the timeline
    athar verify CASE                               check every hash again
    """


def main() -> None:
    """Run `athar`; errors that a user can cause are one line on standard error, and exit code 2."""
    from forensics.terminal import Failure, complain, utf8_streams

    own_process.begin()
    utf8_streams()
    try:
        code = athar.main(standalone_mode=False)
    except click.exceptions.Abort:
        complain("stopped; `athar run` with the same case goes on where this ended")
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except Failure as error:
        complain(str(error))
        sys.exit(error.code)
    except SystemExit:
        sys.exit(0)  # click's way, in this mode, to say that the reader of our output went away, as `head` does
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except (ValueError, OSError) as error:
        complain(_one_line(error))
        sys.exit(2)
    sys.exit(code if isinstance(code, int) else 0)


def _one_line(error: ValueError | OSError) -> str:
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}"
    return " ".join(str(error).split()) or type(error).__name__
