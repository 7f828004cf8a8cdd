"""Patterns that no scene has: bars over the whole picture, a comb of lines, block edges, points."""

from typing import Final

import cv2
import numpy as np

from collectors.stream.pictures.kit import Luma, Map, area

STRIPS: Final = 12  # the picture is cut into so many strips; a bar crosses all of them alike
BENDS: Final = {
    n: np.linalg.qr(np.vander(np.linspace(-1, 1, n), 4))[0].astype(np.float32) for n in (90, 108, 160, 192)
}
BLOCK: Final = 16  # pixels: macroblock of H.264, smallest coding tree of H.265
STEP: Final = 12.0  # luma steps at a block's edge, above what deblocking leaves


def bars(rest: Map, *, cycles: int = 1) -> float:
    """Return how strong regular bars are, across or upright, in what the scene does not explain.

    Args:
        rest: picture minus its reference, or minus another frame, at equal light, (108, 192).
        cycles: bars that are fewer across the picture than this do not count.

    The picture is cut into strips; a bar runs through all of them at the same place. Of each frequency along
    the strips counts what three quarters of them have at least, in common phase: what moved agrees in no
    phase, and what stands in a part of the picture is not in all strips. A cubic is taken away first (fog,
    dusk and lamps change slowly), and what is not regular counts less: by the share that the strongest
    frequency and its neighbours have of all that runs through the picture.

    Returns:
        Amplitude in luma steps.
    """
    ways = area(rest, (STRIPS, 108)), area(rest, (192, STRIPS)).T
    return max(_coherent(strips, cycles) for strips in ways)


def _coherent(strips: Map, cycles: int) -> float:
    bends = BENDS[strips.shape[0]]
    waves = np.fft.rfft(strips - bends @ (bends.T @ strips), axis=0)[1:]
    mean = waves.mean(axis=1, keepdims=True)
    along = np.real(waves * np.conj(mean)) / (np.abs(mean) + 1e-6)  # of each strip, in the phase of all
    common = np.maximum(np.sort(along, axis=1)[:, STRIPS // 4], 0.0)
    common[: cycles - 1] = 0.0
    peak, power = int(np.argmax(common)), np.abs(mean[:, 0]) ** 2
    pure = float(power[max(0, peak - 1) : peak + 2].sum() / (power.sum() + 1e-6))
    return float(2 * common[peak] / strips.shape[0] * min(1.0, pure / 0.6) ** 2)


def comb(full: Luma, every: int = 1) -> float:
    """Return the ratio of the difference between neighbouring lines to that between every other line.

    In a natural picture lines further apart differ more: 0.5-0.9, noise alone gives 1. Two fields torn apart
    give more than 1, whatever the scene. Where nothing stands upright there is nothing to tear: 1 is returned
    for a flat picture.

    Args:
        full: luma as it was sent.
        every: of each fourth column one of so many is looked at.
    """
    lines = np.ascontiguousarray(full[: full.shape[0] // 2 * 2, 1 :: 4 * every])
    near, far = cv2.absdiff(lines[1:-1], lines[:-2]), cv2.absdiff(lines[2:], lines[:-2])
    sums = [cv2.sumElems(cv2.threshold(d, 6, 0, cv2.THRESH_TOZERO)[1])[0] + d.size for d in (near, far)]
    return sums[0] / sums[1]


def block_edges(full: Luma) -> float:
    """Return the share of 16-pixel block sides along which the picture jumps while it is smooth beside it.

    Blocks that are coarse, grey or from elsewhere end at the coder's own grid. A side counts when the jump is
    12 luma steps or more in the median along it, and thrice what the two neighbouring lines show.
    """
    return 0.5 * (_sides(full) + _sides(full.T))


def _sides(full: Luma) -> float:
    places = np.arange(BLOCK, full.shape[0] - 1, BLOCK)
    wide = full.shape[1] // BLOCK * BLOCK
    if places.size < 2 or wide < 2 * BLOCK:
        return 0.0
    lines = [np.ascontiguousarray(full[places + k, :wide]) for k in (-2, -1, 0, 1)]
    jump = np.asarray(cv2.absdiff(lines[2], lines[1]))
    beside = np.asarray(cv2.max(cv2.absdiff(lines[1], lines[0]), cv2.absdiff(lines[3], lines[2])))
    shape = (places.size, wide // BLOCK, BLOCK)
    edge, calm = jump.reshape(shape)[:, :, ::2].mean(axis=2), beside.reshape(shape)[:, :, ::2].mean(axis=2)
    least = jump.reshape(shape)[:, :, 1::2].min(axis=2)
    return float(((edge >= STEP) & (edge > 3 * calm) & (least >= STEP / 4)).mean())


def seams(full: Luma, every: int) -> float:
    """Return what `block_edges` does, roughly and cheaply: of one in `every` rows and columns of blocks."""
    return 0.5 * (_seams(full, every) + _seams(full.T, every))


def _seams(full: Luma, every: int) -> float:
    places = np.arange(2 * BLOCK, full.shape[0] - 1, BLOCK * min(every, 1 + full.shape[0] // (8 * BLOCK)))
    wide = full.shape[1] // BLOCK
    if places.size < 2 or wide < 2:
        return 0.0
    before, last, first = (full[places + k, : wide * BLOCK] for k in (-2, -1, 0))
    jump, calm = (
        cv2.resize(one, (wide, places.size), interpolation=cv2.INTER_AREA)
        for one in (cv2.absdiff(first, last), cv2.absdiff(last, before))
    )
    smooth = cv2.compare(jump, cv2.convertScaleAbs(calm, alpha=3), cv2.CMP_GT)
    return (
        cv2.countNonZero(cv2.threshold(cv2.min(jump, smooth), STEP - 1, 1, cv2.THRESH_BINARY)[1]) / jump.size
    )


def impulses(luma: Luma) -> float:
    """Return the share of pixels that stand out of their 3 x 3 neighbourhood by 40 luma steps or more."""
    away = cv2.absdiff(luma, cv2.medianBlur(luma, 3))
    return cv2.countNonZero(cv2.threshold(away, 40, 1, cv2.THRESH_BINARY)[1]) / luma.size
