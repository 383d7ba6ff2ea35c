"""What is unusual about the things of an event, attribute by attribute, beside what is normal."""

import streamlit as st

from core.analysis import ExplainedEvent
from core.clock import Clock
from pipeline import run_view
from ui.formatting import count, escape_html, timestamp
from ui.helps import headed


def attribute_table(one: ExplainedEvent, when: Clock) -> None:
    """Show the attributes that raised an event, strangest thing first; nothing where there are none."""
    if not one.things:
        return
    st.markdown("**Unusual attributes**, strangest thing first")
    rows = "".join(_rows(one, number, when) for number in range(len(one.listed_things)))
    heads = ("Attribute", "What it is like", "Normal values, and this one", "Nats")
    head = f"<tr>{''.join(f'<th>{headed(name)}</th>' for name in heads)}</tr>"
    st.html(f'<div class="card attributes"><table>{head}{rows}</table></div>')
    left = len(one.things) - len(one.listed_things)
    more = f" {count(left, 'less unusual thing').capitalize()} in the report's JSON." if left else ""
    st.html(
        '<p class="facts">Nats: by how much each is more surprising than in the normal footage; one more is 2.7 times '
        f"as improbable. They add up to the thing's score.{more}</p>"
    )


def _rows(one: ExplainedEvent, number: int, when: Clock) -> str:
    thing = one.listed_things[number]
    seen = f"{timestamp(when.at(thing.first))} – {timestamp(when.end(thing.last))}"
    rows = [
        f'<tr class="thing"><td colspan="3"><b>{escape_html(thing.label)}</b> {seen}, '
        f"strangest at {timestamp(when.at(thing.frame))}</td><td><b>{thing.nats:.1f}</b></td></tr>"
    ]
    for row in run_view.attribute_rows(thing):
        picture = run_view.as_picture(row.strip)
        drawn = f'<img class="strip" src="{picture}" alt="Normal values, and this one">' if picture else ""
        rows.append(f"<tr><td>{escape_html(row.title)}</td><td>{escape_html(row.words)}</td><td>{drawn}</td>"
                    f"<td>{row.nats:.1f}</td></tr>")  # fmt: skip
    return "".join(rows)
