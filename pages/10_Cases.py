"""Cases: events of any clips gathered under a name, and their archives."""

from ui import case_list, frame

frame.page("Cases")

case_list.show()
