"""Cases: events of any clips gathered under a name, and their archives."""

from ui import case_list, frame

frame.page("Cases", reviews=True)

case_list.show()
