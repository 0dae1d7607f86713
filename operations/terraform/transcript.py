"""What a run of Terraform reported, as far as it is needed after the run."""

from __future__ import annotations

from dataclasses import dataclass, field

from operations.terraform import stream

# How many steps a planned action takes. Other actions, such as reading data, are not changes.
_STEPS = {"create": 1, "update": 1, "delete": 1, "replace": 2}


@dataclass
class Transcript:
    """The events of a run that are needed after it.

    Attributes:
        diagnostics: Errors and warnings.
        planned: The planned changes.
        outputs: The outputs of an apply.
        notes: Lines that are not events.
        dumped: A state that Terraform could not store.
        started: How many changes have been started.
        made: How many of them are done.
    """

    diagnostics: list[stream.Diagnostic] = field(default_factory=list)
    planned: list[stream.Planned] = field(default_factory=list)
    outputs: stream.Outputs = field(default_factory=stream.Outputs)
    notes: list[str] = field(default_factory=list)
    dumped: stream.StateDump | None = None
    started: int = 0
    made: int = 0

    @property
    def errors(self) -> list[stream.Diagnostic]:
        """The error diagnostics."""
        return [each for each in self.diagnostics if each.severity == "error"]

    @property
    def steps(self) -> int:
        """How many changes are planned."""
        return sum(_STEPS.get(each.action, 0) for each in self.planned)

    def take(self, event: stream.Event) -> None:
        """Keep what is needed of an event."""
        match event:
            case stream.Diagnostic():
                self.diagnostics.append(event)
            case stream.Planned():
                self.planned.append(event)
            case stream.Step() if event.action in _STEPS:
                self.started += event.state == "started"
                self.made += event.state == "done"
            case stream.Outputs():
                self.outputs = event
            case stream.StateDump():
                self.dumped = event
            case stream.Note():
                self.notes.append(event.text)
