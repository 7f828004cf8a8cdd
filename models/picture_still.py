"""Signs that a picture stands still, and of its on-screen clock: scores as in `picture_signs`."""

from math import sqrt
from typing import Final

from models.picture_look import Look

STILL_LOOKS: Final = 6  # looks from which the least change between two of them is known
LIVE_SHARE: Final = 0.6  # of that least change: what is more may be a live camera in steady light
CALM: Final = 0.6  # of the least that ever changed and moved, both together …
CALMER: Final = 0.88  # … and of either
CODED: Final = 2.0  # luma steps that an encoder makes the busiest blocks of one picture differ by …
ALWAYS: Final = 4.0  # … and of those that always moved so far, in each pair of frames
CLOCK_TOO: Final = 1.3  # times as much where the clock stands as well
MOVING: Final = 4.0  # luma steps that the busiest blocks go lighter by: more than an encoder's own noise
GRAINY: Final = 0.4  # luma steps of noise that are seen to go …
GRAIN_LEFT: Final = 0.5  # … when less than this share of them is left


def clock_missing(look: Look) -> float:
    """The on-screen clock is gone while the picture is there."""
    if "text" not in look.values:
        return 0.0
    usual = max(look.of("text_mean", 0.8), 0.1)
    gone = 1 - look.of("text") / usual
    runs = look.of("text_runs", 1.0)  # where a camera's clock stood beside a text that is part of the scene
    return max(gone / 0.7, gone / max(0.12, 6 * look.of("text_spread") / usual) if not runs else 0.0)


def clock_still(look: Look) -> float:
    """The on-screen clock is there and stands still."""
    if "text_runs" not in look.values or look.of("text") < 0.5 * look.of("text_mean", 0.8):
        return 0.0
    return (1 - look.of("text_runs") / max(look.of("text_runs_mean", 1.0), 0.3)) / 0.6


def frozen(look: Look) -> float:
    """Nothing changes: within the look, or since the last one, as it always did."""
    if not look.is_compared or look.of("white_more") > 0.3:
        return 0.0  # in what is burnt out nothing changes either
    if look.of("calm_top") > MOVING:
        return 0.0
    if look.of("noise_mean") > GRAINY and look.of("noise") < GRAIN_LEFT * look.of("noise_mean"):
        return 0.0  # what stands still shows the noise that it froze with: less is veiled, covered or blurred
    dim = min(1.0, look.of("light", 1.0), look.of("gain", 1.0))  # in less light less changes
    return max(_still_now(look, dim), _calm_now(look, dim), _still_since(look, dim))


def _calm_now(look: Look, dim: float) -> float:
    """Neither noise nor anything that moves is left of what was there in each look so far.

    An encoder short of bits codes one picture otherwise each time, a little everywhere; nothing moves by it.
    """
    if "calm" not in look.values or look.of("calm_times") < STILL_LOOKS or look.of("calm_least") < 0.25:
        return 0.0
    noise, moving = (
        look.of(name) / max(dim * look.of(f"{name}_least"), 0.02) for name in ("calm", "calm_top")
    )
    more = CLOCK_TOO if clock_still(look) >= 1 else 1.0  # a clock that stands is half the proof
    if look.of("stir", CODED) < CODED and noise <= 1.1:  # nothing moves where something always did
        return min(2.0, dim * look.of("calm_top_least") / ALWAYS)
    if max(noise, moving) > CALMER * more:
        return 0.0
    return min(2.0, CALM * more / max(sqrt(noise * moving), 0.01))


def _still_now(look: Look, dim: float) -> float:
    """Whether the frames of a look are one picture: identical, or far more alike than this camera's ever."""
    usual, spread = dim * look.of("change_mean"), look.of("change_spread")
    if "change" not in look.values or usual < 0.25:
        return 0.0
    least = min(0.42 * usual, usual - 5 * spread)
    if look.of("change_times") >= STILL_LOOKS:
        share = LIVE_SHARE if clock_still(look) >= 1 else 0.2  # a clock that stands is half the proof
        least = max(least, share * dim * look.of("change_least"))
    return min(3.0, least / max(look.of("change"), 0.02)) if least > 0.03 else 0.0


def _still_since(look: Look, dim: float) -> float:
    """Whether the picture of the last look came again, but for what an encoder adds.

    In steady light a live camera changes little from look to look: what counts is the least it ever did.
    """
    usual, spread = dim * look.of("still_mean", -1.0), look.of("still_spread")
    if "still" not in look.values or usual < 0.12 or look.of("still_times") < STILL_LOOKS:
        return 0.0
    if look.of("change_times") >= STILL_LOOKS and look.of("change") >= look.of("change_least") > 0:
        return 0.0  # while one looks as much changes as ever
    limit = max(min(0.3 * usual, usual - 2 * spread), 0.09 * usual)
    limit = min(limit, LIVE_SHARE * dim * look.of("still_least"))
    return min(2.0, limit / max(look.of("still"), 0.01))
