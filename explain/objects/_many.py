"""Box heads that give a box several labels: one box may be a person and a skateboard."""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, smooth_l1_loss
from torchvision.models.detection.roi_heads import RoIHeads
from torchvision.models.detection.rpn import RegionProposalNetwork
from torchvision.ops import batched_nms, box_area, box_iou, clip_boxes_to_image

MIN_OBJECT_IOU = 0.5
MIN_INSIDE_FRACTION, MIN_SIDE_PIXELS = 0.75, 1e-2
MIN_IGNORED_IOU = 0.3
"""IoU with a place that is to be ignored from which nothing is learnt of what is no object there."""
BETA = 1 / 9
Shapes = list[tuple[int, int]]
Answers = list[dict[str, Tensor]]


def matches(proposals: Tensor, boxes: Tensor, labels: Tensor, classes: int) -> tuple[Tensor, Tensor]:
    """Return which of the ``classes`` (P, 4) proposals show: true boxes (G, 4) have labels (G,) from 1.

    Returns:
        (P, classes) bool, class 1 first, and (P, classes) int64, the true box of that class which overlaps most.
    """
    overlaps = box_iou(boxes, proposals)
    of = (labels[:, None] == torch.arange(1, classes + 1, device=labels.device)).T
    masked = torch.where(of[:, :, None], overlaps, overlaps.new_tensor(-1.0))
    if not len(boxes):
        nothing = torch.zeros(len(proposals), classes, device=proposals.device)
        return nothing.bool(), nothing.long()
    best, which = masked.max(1)
    return best.T >= MIN_OBJECT_IOU, which.T


def overlaps_ignored(boxes: Tensor, target: dict[str, Tensor]) -> Tensor:
    """Return which of (N, 4) boxes lie on a place that the target's ``ignored`` (K, 4), if it has any, marks: (N,)."""
    places = target.get("ignored")
    if places is None or not len(places):
        return torch.zeros(len(boxes), dtype=torch.bool, device=boxes.device)
    inside: Tensor = box_iou(places.to(boxes.dtype), boxes).max(0).values >= MIN_IGNORED_IOU
    return inside


def counted(boxes: Tensor, hits: Tensor, target: dict[str, Tensor]) -> Tensor:
    """Say of which classes something is learnt from each proposal.

    Args:
        boxes: (P, 4) proposals.
        hits: (P, classes), which of them each shows.
        target: may have ``known``, (classes,) bool, the classes that are boxed wherever they are; ``ignored``; and
            ``solid``, (classes,) bool, those that carry no other: what shows one of them shows nothing else.

    Returns:
        (P, classes) bool: all hits, and what is known to be absent.
    """
    known = target.get("known")
    absent = torch.ones_like(hits) if known is None else known[None].expand_as(hits)
    if (solid := target.get("solid")) is not None:
        absent = absent | (hits & solid).any(1, keepdim=True)
    return hits | (absent & ~overlaps_ignored(boxes, target)[:, None])


class IgnoringRpn(RegionProposalNetwork):  # type: ignore[misc]
    """torchvision's proposals, which learn nothing of the background where a target says ``ignored``."""

    def assign_targets_to_anchors(
        self, anchors: list[Tensor], targets: list[dict[str, Tensor]]
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Return 1 (object), 0 (background) or -1 (neither) of each anchor, and its true box."""
        labels, boxes = super().assign_targets_to_anchors(anchors, targets)
        for label, places, target in zip(labels, anchors, targets, strict=True):
            label[(label == 0) & overlaps_ignored(places, target)] = -1
        return labels, boxes


class ManyLabelHeads(RoIHeads):  # type: ignore[misc]
    """torchvision's box heads with one independent yes or no for each label, in place of one label for each box.

    Attributes:
        rivals: indices (from 0) of labels of which a place has one at most, such as bicycle and skateboard.
        kinds: indices of labels that are kinds of one thing: of boxes of them that overlap, the surest stays.
    """

    rivals: tuple[int, ...] = ()
    kinds: tuple[int, ...] = ()

    def forward(
        self, features: dict[str, Tensor], proposals: list[Tensor], image_shapes: Shapes, targets: Any = None
    ) -> tuple[Answers, dict[str, Tensor]]:
        """Answer with boxes in eval mode, or with the losses in training mode."""
        if self.training:
            proposals, wanted, codes, counts = self._draw(proposals, targets)
        logits, deltas = self.box_predictor(self.box_head(self.box_roi_pool(features, proposals, image_shapes)))
        if not self.training:
            return self._answer(logits, deltas, proposals, image_shapes), {}
        classify = binary_cross_entropy_with_logits(logits.float(), wanted.float(), counts.float(), reduction="sum")
        moved = deltas.float().reshape(*wanted.shape, 4)[wanted]
        regress = smooth_l1_loss(moved, codes[wanted], beta=BETA, reduction="sum")
        return [], {"loss_classifier": classify / len(wanted), "loss_box_reg": regress / len(wanted)}

    @torch.no_grad()
    def _draw(self, proposals: list[Tensor], targets: Any) -> tuple[list[Tensor], Tensor, Tensor, Tensor]:
        """Draw proposals to learn from.

        Returns:
            (S, 4) of each image; (S in all, classes) hits, (…, classes, 4) codes, (…, classes) what is learnt.
        """
        classes = self.box_predictor.cls_score.out_features
        drawn, wanted, codes, counts = [], [], [], []
        for offered, target in zip(proposals, targets, strict=True):
            boxes = target["boxes"].to(offered.dtype)
            offered = torch.cat([offered, boxes])
            hits, which = matches(offered, boxes, target["labels"], classes)
            (positive,), (negative,) = self.fg_bg_sampler([hits.any(1).float()])
            chosen = torch.nonzero(positive | negative).flatten()
            true = boxes[which[chosen]] if len(boxes) else offered.new_zeros(len(chosen), classes, 4)
            spread = offered[chosen, None].expand_as(true).reshape(-1, 4)
            safe = torch.where(hits[chosen, :, None], true, spread.reshape(true.shape)).reshape(-1, 4)
            drawn.append(offered[chosen])
            wanted.append(hits[chosen])
            counts.append(counted(offered[chosen], hits[chosen], target))
            codes.append(self.box_coder.encode_single(safe, spread).reshape(true.shape))
        return drawn, torch.cat(wanted), torch.cat(codes), torch.cat(counts)

    def _answer(self, logits: Tensor, deltas: Tensor, proposals: list[Tensor], shapes: Shapes) -> Answers:
        boxes, sure = self.box_coder.decode(deltas, proposals), logits.sigmoid()
        counts = [len(offered) for offered in proposals]
        parts = zip(torch.split(boxes, counts), torch.split(sure, counts), shapes, strict=True)
        return [self._select(*part) for part in parts]

    def _select(self, boxes: Tensor, sure: Tensor, shape: tuple[int, int]) -> dict[str, Tensor]:
        """Keep the surest of one image's (P, classes, 4) boxes, each label apart but for rivals."""
        boxes = clip_boxes_to_image(boxes, shape)
        large = (boxes[..., 2:] - boxes[..., :2] >= MIN_SIDE_PIXELS).all(2)
        at, label = torch.nonzero((sure > self.score_thresh) & large, as_tuple=True)
        found, confidence = boxes[at, label], sure[at, label]
        group = torch.where(self._is(label, self.kinds), -1, label)
        kept = batched_nms(found, confidence, group, self.nms_thresh)[: self.detections_per_img]
        kept = kept[~self._outdone(found[kept], confidence[kept], label[kept])]
        return {"boxes": found[kept], "labels": label[kept] + 1, "scores": confidence[kept]}

    @staticmethod
    def _is(label: Tensor, labels: tuple[int, ...]) -> Tensor:
        return torch.isin(label, torch.tensor(labels, device=label.device, dtype=label.dtype))

    def _outdone(self, boxes: Tensor, confidence: Tensor, label: Tensor) -> Tensor:
        """Return which of (N, 4) boxes lie in the box of a surer rival: (N,) bool."""
        low = torch.maximum(boxes[:, None, :2], boxes[None, :, :2])
        high = torch.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
        inside = (high - low).clamp(min=0).prod(2) > MIN_INSIDE_FRACTION * box_area(boxes)[:, None]
        rival = self._is(label, self.rivals)
        rivals = rival[:, None] & rival[None] & (label[:, None] != label[None])
        outdone: Tensor = (inside & rivals & (confidence[None] > confidence[:, None])).any(1)
        return outdone
