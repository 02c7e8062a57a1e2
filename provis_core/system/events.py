"""Who wants to know of a change: topics and the functions that are called."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Events"]

Topic = TypeVar("Topic", bound=str)


class Events(Generic[Topic]):
    """Calls its listeners on the thread that tells of the change, in the order in which they came.

    Parameters
    ----------
    topics : tuple of str
        What can be listened to.
    report : callable
        Is told in words of a listener that failed; the others are called all the same.
    """

    def __init__(self, topics: tuple[Topic, ...], report: Callable[[str], object]) -> None:
        self._listeners: dict[str, list[Callable[..., object]]] = {topic: [] for topic in topics}
        self._report = report

    def listen(self, topic: Topic, callback: Callable[..., object]) -> Callable[[], None]:
        """Call a function at each change of a topic, until the function that is given back is called.

        Raises
        ------
        ValueError
            If there is no such topic.
        """
        if topic not in self._listeners:
            raise ValueError(f"{topic!r} is none of {', '.join(self._listeners)}")
        listeners = self._listeners[topic]
        place = _Place(callback)
        listeners.append(place)

        def stop() -> None:
            if place in listeners:
                listeners.remove(place)

        return stop

    def tell(self, *topics: Topic, **values: object) -> None:
        """Call the listeners of some topics, with the values that the topics carry."""
        for topic in topics:
            for listener in tuple(self._listeners[topic]):
                if listener not in self._listeners[topic]:  # it was stopped by one before it
                    continue
                try:
                    listener(**values)
                except Exception as error:  # noqa: BLE001 - reported, and the next ones must hear of it
                    self._report(
                        f"A bug in ProVis: what listens to {topic!r} failed ({error!r}). Nothing else is "
                        f"touched; please report it with these lines:\n{traceback.format_exc()}"
                    )


class _Place:
    """One callback; the same function may listen twice."""

    def __init__(self, callback: Callable[..., object]) -> None:
        self._callback = callback

    def __call__(self, **values: object) -> None:
        self._callback(**values)
