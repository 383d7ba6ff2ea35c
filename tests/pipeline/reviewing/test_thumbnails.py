"""Pictures of listed events, also where files of their runs were deleted by hand."""

import shutil

from core.files import folder
from pipeline import fault_pictures
from pipeline.evidence import EvidenceFolder
from pipeline.finished_run import EVIDENCE
from pipeline.reviewing import index
from pipeline.reviewing.thumbnails import Thumbnails, gone
from tests.pipeline.reviewing.made import row
from tests.ui import made


def test_a_picture_is_there_as_long_as_its_file_is():
    run = made.done()
    index.put(run)
    first, second = index.rows()
    assert Thumbnails().there(first) and Thumbnails().there(second) and not gone(run.id)
    EvidenceFolder(run.folder / EVIDENCE).cut(second.first)
    assert Thumbnails().there(first) and not Thumbnails().there(second)
    shutil.rmtree(run.folder)
    assert not Thumbnails().there(first) and gone(run.id)
    assert not Thumbnails().there(row(shown=None))


def test_that_of_a_camera_fault_is_looked_for_among_those_of_faults():
    run = made.done()
    fault = row(run=run.id, kind="fault", first=230, shown=230)
    assert not Thumbnails().there(fault)
    path = fault_pictures.path(run.folder, 230)
    folder(path.parent)
    path.write_bytes(b"a picture")
    assert Thumbnails().there(fault) and not Thumbnails().there(row(run=run.id, shown=230))
