"""Storage: what runs, exports, playback copies and uploads take, and their clean-up."""

from ui import frame, storage

frame.page("Storage", reviews=True)

storage.removed()
found = storage.kept()
storage.overview(found)
if found:
    storage.clean_up(found)
storage.largest(found)
