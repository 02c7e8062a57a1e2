"""What is looked at in the panel and how: one frozen value, kept as JSON in the viewer's session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final

from ..actions.profile_options import check_profile
from ..attention.arcs import MIN_ATTN, check_min_attn
from ..attention.head_files import make_set, write_set
from ..attention.head_id import Head, HeadId, HeadSet
from ..errors import InputError, ProvisError
from ..figures.grids import DEFAULT_METRIC, RANKED
from ..figures.relevance_grids import find_shown
from ..scenes.draw_options import DrawOptions
from ..session.settings import Settings
from ..targets.scope import check_window
from ..targets.sites import SITE_SOURCES, SiteChoice
from .box import Box

__all__ = ["BAD", "FORMAT", "RELEVANCE", "ChainName", "PanelState", "describe_bad_state"]

FORMAT: Final = 2
"""Of the JSON. Format 1 is read, too: there the chain is named by its place, the site is called ``sites``,
and the window is among the options."""

_FIRST: Final = HeadId(0, 0)

RELEVANCE: Final = "relevance"
"""What residues can be coloured by besides the profiles of attention."""

ChainName = str | tuple[str, ...]
"""A chain in the viewer's language, or several that are linked."""

BAD: Final = (
    ProvisError, LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError
)  # fmt: skip
"""What reading a damaged state may raise."""


@dataclass(frozen=True)
class PanelState:
    """What is looked at and how.

    Attributes
    ----------
    chains : tuple of str or of tuple of str
        That can be chosen, by their names in the viewer; several names for linked ones.
    chain : str or tuple of str
        The chosen one; empty for none.
    gaps : str
        What the model is asked to see; see `provis_core.structures.sequence.GAPS`.
    model : str
        What finds the model: its name, or its folder; empty for the user's default.
    metric : str
        Name of what the grid shows.
    why : str
        What relevance is about, in the words of ``provis_explain``; empty for its default.
    counted : float
        Smallest weight of an arc that counts in the grid, and of whether heads attend to the site.
    heads : tuple of HeadId or HeadSet
        All that are drawn.
    head : HeadId or HeadSet
        The chosen one of them.
    window : int
        Residues that the model sees at a time; 0 for the whole chain.
    options : DrawOptions
    site : SiteChoice
        What the site is taken from.
    site_shown : bool
        Whether it is shown on the structure.
    colored_by : str
        What the residues are coloured by: ``received`` or ``given`` attention, or ``relevance``; empty for
        the user's colours.
    box : Box or None
        The part of the map that is emphasised.
    """

    chains: tuple[ChainName, ...] = ()
    chain: ChainName = ""
    gaps: str = "auto"
    model: str = ""
    metric: str = DEFAULT_METRIC
    why: str = ""
    counted: float = MIN_ATTN
    heads: tuple[Head, ...] = (_FIRST,)
    head: Head = _FIRST
    window: int = 0
    options: DrawOptions = field(default_factory=DrawOptions)
    site: SiteChoice = field(default_factory=SiteChoice)
    site_shown: bool = False
    colored_by: str = ""
    box: Box | None = None

    @classmethod
    def first(cls, settings: Settings) -> PanelState:
        """What is looked at where nobody has chosen anything: nothing, drawn as the user prefers."""
        options = DrawOptions(
            min_attn=settings.number("min_attn"),
            top=int(settings.number("top")),
            min_sep=int(settings.number("min_sep")),
            max_pairs=int(settings.number("max_pairs")),
            palette=settings.text("palette"),
            radius=settings.number("radius"),
        )
        return cls(options=options)

    @property
    def link(self) -> bool:
        """Whether the chosen chain is made of several that are read as one sequence."""
        return isinstance(self.chain, tuple)

    def to_json(self) -> dict[str, Any]:
        """As JSON values; empty without a chain."""
        if not self.chain:
            return {}
        return {
            "format": FORMAT,
            "chains": [_write_name(one) for one in self.chains],
            "chain": _write_name(self.chain),
            "gaps": self.gaps,
            "model": self.model,
            "metric": DEFAULT_METRIC if self.metric == RANKED.name else self.metric,
            **({"why": self.why} if self.why else {}),
            "counted": self.counted,
            "heads": [_write_head(head) for head in self.heads],
            "head": _write_head(self.head),
            "window": self.window,
            "options": {one.name: getattr(self.options, one.name) for one in fields(self.options)},
            "site": {
                "source": self.site.source,
                "options": dict(self.site.options),
                "residues": list(self.site.residues),
                "chain": list(self.site.chain),
            },
            "site_shown": self.site_shown,
            "colored_by": self.colored_by,
            "box": self.box.to_json() if self.box is not None else None,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any], fallback: DrawOptions) -> PanelState:
        """Read what `to_json` wrote, or a state of format 1.

        Parameters
        ----------
        values : mapping
            What a later version added is passed over.
        fallback : DrawOptions
            For options that are missing.

        Raises
        ------
        Exception
            One of `BAD`, if it is damaged.
        """
        if values["format"] not in (1, FORMAT):
            raise InputError(f"It has the format {values['format']}", "", "")
        is_first = values["format"] == 1
        chains = tuple(_read_name(one) for one in values["chains"])
        chain = chains[values["chain"]] if is_first else _read_name(values["chain"])
        if chain not in chains:
            raise InputError(f"{chain} is none of its chains", "", "")
        heads, head = _read_heads(values["heads"]), _read_head(values["head"])
        window = values["options"].get("window", 0) if is_first else values["window"]
        check_window(window)
        counted = float(values.get("counted", MIN_ATTN))
        check_min_attn(counted)
        colored_by, box = str(values["colored_by"]), values["box"]
        if colored_by and colored_by != RELEVANCE:
            check_profile(colored_by)
        return cls(
            chains=chains,
            chain=chain,
            gaps=values["gaps"],
            model=values["model"],
            metric=find_shown(values["metric"]).name,
            why=str(values.get("why", "")),
            counted=counted,
            heads=heads,
            head=head if head in heads else heads[-1],
            window=window,
            options=_read_options(values["options"], fallback, window),
            site=_read_site(values["sites" if is_first else "site"]),
            site_shown=bool(values["site_shown"]),
            colored_by=colored_by,
            box=None if box is None else Box.from_json(box),
        )


def _write_name(name: ChainName) -> str | list[str]:
    return name if isinstance(name, str) else list(name)


def _read_name(value: Any) -> ChainName:
    return value if isinstance(value, str) else tuple(str(one) for one in value)


def _read_site(values: Mapping[str, Any]) -> SiteChoice:
    if values["source"] not in SITE_SOURCES:
        raise InputError(f"The site is from {values['source']!r}", "", "")
    residues = tuple(int(index) for index in values["residues"])
    object_name, segment, chain = map(str, values["chain"])
    options = dict(values["options"])
    for name, value in options.items():
        if not isinstance(name, str) or not isinstance(value, (str, int, float)):
            raise InputError(f"The site has the option {name!r:.20}={value!r:.20}", "", "")
    return SiteChoice(values["source"], options, residues, (object_name, segment, chain))


def _read_options(values: Mapping[str, Any], fallback: DrawOptions, window: int) -> DrawOptions:
    kinds = {one.name: type(getattr(fallback, one.name)) for one in fields(fallback)}
    chosen = {}
    for name, kind in kinds.items():
        value = values.get(name, getattr(fallback, name))
        if not isinstance(value, (int, float) if kind is float else kind):
            raise InputError(f"{name}={value!r} was kept", f"A {kind.__name__} is needed", "Choose it again")
        chosen[name] = kind(value)
    options = DrawOptions(**chosen)
    options.check(window)
    return options


def _write_head(head: Head) -> Any:
    if isinstance(head, HeadSet):
        return {"name": head.name, "asked": head.asked, **write_set(head)}
    return head.label


def _read_head(value: Any) -> Head:
    if isinstance(value, Mapping):
        return make_set(str(value["name"]), value, str(value["asked"]))
    return HeadId.parse(str(value))


def _read_heads(values: Sequence[Any]) -> tuple[Head, ...]:
    heads = tuple(map(_read_head, values))
    if not heads:
        raise InputError("No head was kept", "At least one is needed", "Choose a head")
    return heads


def describe_bad_state(error: Exception) -> ProvisError:
    """What to say of a state that cannot be used."""
    words = f"{error} is missing" if isinstance(error, KeyError) else str(error).removesuffix(".")
    return InputError(
        f"The state of the panel in this session cannot be used ({words})",
        "A state that ProVis has written itself is needed",
        "Choose chain, model and head anew; what was drawn is as it was",
    )
