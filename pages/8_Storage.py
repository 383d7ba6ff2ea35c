"""Storage: what runs, exports, playback copies and uploads take, and their clean-up."""

from ui import frame, storage

frame.page("Storage", reviews=True)

storage.removed()
storage.put_aside()
found = storage.kept()
storage.overview(found)
if found:
    storage.clean_up(found)
storage.largest(found)
storage.places()
