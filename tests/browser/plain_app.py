"""A page of names that Markdown, HTML and TeX would make something of, in every widget that shows text."""

import json
import sys
from pathlib import Path

import plotly.graph_objects as go
import streamlit as st

from ui.formatting import escape_markdown, escape_plotly


def show(number: int, name: str) -> None:
    """Show one name in each widget, each in a container of its own."""
    text = escape_markdown(name)
    widgets = {
        "caption": lambda: st.caption(text),
        "markdown": lambda: st.markdown(text),
        "bold": lambda: st.markdown(f"**{text}**"),
        "heading": lambda: st.subheader(text),
        "button": lambda: st.button(f"Scores, {text}", key=f"button-{number}", help=text),
        "download": lambda: st.download_button(f"Scores, {text}", "x", key=f"download-{number}"),
        "expander": lambda: st.expander(text),
        "label": lambda: st.selectbox(text, [name], key=f"label-{number}"),
        "multiselect": lambda: st.multiselect("x", [name], [name], key=f"multiselect-{number}"),
        "slider": lambda: st.select_slider("x", [text, f"{text}2"], key=f"slider-{number}"),
        "pills": lambda: st.pills("x", [text], key=f"pills-{number}"),
        "radio": lambda: st.radio("x", [text], captions=[text], key=f"radio-{number}"),
        "tabs": lambda: st.tabs([text]),
        "progress": lambda: st.progress(0.5, text=text),
        "image": lambda: st.image(PICTURE, caption=text, width=60),
        "chart": lambda: st.plotly_chart(chart(name), key=f"chart-{number}", width="content"),
    }
    for kind, widget in widgets.items():
        with st.container(key=f"{kind}-of-{number}"):
            widget()


def chart(name: str) -> go.Figure:
    """Draw a bar of that name, with a legend and a title."""
    figure = go.Figure(
        go.Bar(x=[1], y=[escape_plotly(name)], orientation="h", name=escape_plotly(name), showlegend=True)
    )
    figure.update_yaxes(type="category")
    return figure.update_layout(title=escape_plotly(name), width=1200, height=220, margin={"l": 500})


PICTURE = str(Path(__file__).resolve().parents[2] / "assets" / "icon.png")
if __name__ == "__main__":
    for place, given in enumerate(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))):
        show(place, given)
