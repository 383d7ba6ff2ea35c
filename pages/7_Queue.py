"""The queue: what is computed now, what waits, and how what ended did."""

from ui import frame, job_list

frame.page("Queue")
job_list.show()
