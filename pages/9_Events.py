"""Events of all runs and cameras: looked through, reviewed, gathered into cases and exported."""

import streamlit as st

from pipeline.reviewing import desk
from ui import event_filters, event_table, exports, frame, gather, threshold_proposal

frame.page("Events", reviews=True)
event_table.fill_index()
event_table.say_unread()

rules = event_filters.rules()
events = desk.listed(rules)
if not events:
    event_table.nothing_yet()
    st.stop()
event_table.say_gone(events)
filters, order = event_filters.show(events, rules)
found = desk.chosen(events, filters, order)
with st.container(key="desk-actions", horizontal=True, vertical_alignment="center", gap="xsmall"):
    tab, shown = event_table.tabs(found)
    place = st.container(horizontal=True, vertical_alignment="center", gap="xsmall", width="content")
    archives = exports.of_events()
    with st.popover(exports.state(archives), icon=":material/download:", key="events-downloads",
                    help="Download labels and archives of chosen events"):  # fmt: skip
        exports.offer_of_events(archives)
        exports.offer_labels(found)
selected, now = event_table.show(shown, tab, place)
with place:
    event_table.actions(selected, now)
gather.dialog_if_asked()
if len(filters.cameras) == 1:
    threshold_proposal.show(next(iter(filters.cameras)), events)
event_table.keys()
