"""Small trees in the official layouts of data sets."""

import cv2
import numpy as np
import scipy.io

from core import video

SIZE = (48, 64)


def picture(path, value=90, size=SIZE):
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), np.full((*size, 3), value % 250, np.uint8))


def clip(path, frames, value=0, fps=10.0):
    path.parent.mkdir(parents=True, exist_ok=True)
    video.encode(path, iter([np.full((*SIZE, 3), (value + 9 * i) % 250, np.uint8) for i in range(frames)]), fps)


def mask(path, marked, size=SIZE):
    image = np.zeros(size, np.uint8)
    image[4:12, 6:20] = 255 * marked
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), image)


def ped1(root, masked=(2,)):
    ranges = {1: [(2, 3)], 2: [(1, 2), (5, 6)]}
    for number in (1, 2):
        picture(root / f"Train/Train{number:03d}/001.tif")
        for i in range(1, 8):
            picture(root / f"Test/Test{number:03d}/{i:03d}.tif", 10 * i)
            if number in masked:
                marked = any(a <= i <= b for a, b in ranges[number])
                mask(root / f"Test/Test{number:03d}_gt/{i:03d}.bmp", marked)
    lines = [f"TestVideoFile{{end+1}}.gt_frame = [{', '.join(f'{a}:{b}' for a, b in r)}];" for r in ranges.values()]
    (root / "Test/UCSDped1.m").write_text("\n".join(["TestVideoFile = {};", *lines]))
    return root


def shanghaitech(root):
    clip(root / "training/videos/01_001.avi", 6)
    clip(root / "training/videos/02_001.avi", 5)
    for name, frames, abnormal in (("01_0014", 6, (2, 3)), ("02_0015", 4, ())):
        for i in range(frames):
            picture(root / f"testing/frames/{name}/{i:03d}.jpg", 20 * i)
        labels = np.zeros(frames, np.uint8)
        labels[list(abnormal)] = 1
        masks = np.zeros((frames, *SIZE), np.uint8)
        masks[list(abnormal), 5:9, 5:9] = 1
        for folder, array in (("test_frame_mask", labels), ("test_pixel_mask", masks)):
            (root / "testing" / folder).mkdir(parents=True, exist_ok=True)
            np.save(root / "testing" / folder / f"{name}.npy", array)
    return root


def avenue(root, lengths, rows=None, ranges=None):
    clip(root / "training_videos/01.avi", 4)
    for number, frames in lengths.items():
        clip(root / f"testing_videos/{number:02d}.avi", frames)
    if rows is not None:
        np.save(root / "frame_labels_avenue.npy", rows)
    if ranges is not None:
        cells = np.empty((1, len(ranges)), object)
        for i, some in enumerate(ranges):
            cells[0, i] = np.array(some, np.float64).reshape(-1, 2).T
        scipy.io.savemat(root / "avenue.mat", {"gt": cells})
    return root


def subway(root, frames=20, word="entrance", table=None, events=None):
    clip(root / f"subway_{word}.avi", frames)
    if table is not None:
        (root / f"{word}_boxes.txt").write_text(table)
    if events is not None:
        (root / f"{word}_events.csv").write_text(events)
    return root


def mvtec(root):
    for i in range(3):
        picture(root / f"bottle/train/good/{i:03d}.png", 50 + i)
    for i in range(2):
        picture(root / f"bottle/test/good/{i:03d}.png", 100 + i)
        picture(root / f"bottle/test/broken/{i:03d}.png", 200 + i)
        mask(root / f"bottle/ground_truth/broken/{i:03d}_mask.png", True)
    picture(root / "cable/test/bent/000.png", 30)
    mask(root / "cable/ground_truth/bent/000_mask.png", True)
    return root


def ham10000(root, normal=20):
    for i in range(normal):
        picture(root / f"NV/ISIC_{i:04d}.jpg", 10 * i)
    for name, count in (("mel", 2), ("df", 1)):
        for i in range(count):
            picture(root / f"{name}/ISIC_9{i:03d}.jpg", 200)
    return root


def ddds(root):
    for part, name, count in (("train", "Normal", 4), ("test", "normal", 2), ("test", "Operating GPS", 3)):
        for i in range(count):
            picture(root / part / name / f"{i}.jpg", 9 * i)
    return root
