"""The signs of each fault of a picture: a score from the measures of a look, 1 where the fault begins.

Limits are the larger of a floor and of the spread that this camera was seen to have.
"""

from collections.abc import Callable
from math import sqrt
from typing import Final

from models.picture_look import DIRT_LOOKS, Look
from models.picture_still import clock_missing, clock_still, frozen

NO_LIGHT: Final = 12 / 255  # what a sensor shows in the dark, nearly
BLACKEST: Final = 0.1  # of the usual light: more of it is left by a dark grey slate, not by a black picture
COLOURFUL: Final = 1.5  # steps of colour difference, from which on a scene has colour to lose
ONE_FRAME: Final = 3.0  # times as much dirt must be seen in one frame: what passes looks the same there
HUNTING: Final = 4.0  # times the exposure's usual step from frame to frame: from here on it is no hunting
OUT_OF_FOCUS: Final = 1.5  # score of edges that are too soft: from here on lost contrast is theirs as well
ALL_OVER: Final = 0.6  # share of the picture whose colours must have moved together
SPARSE: Final = 0.45  # share of blocks with structure, below which a cover shows by its light as well

Sign = Callable[[Look], float]


def no_video(look: Look) -> float:
    """A slate: one plain colour nearly everywhere, coloured, or without the text the camera writes."""
    plain = look.of("plain") / 0.88
    if plain < 1:
        return plain * 0.5
    tinted = max(abs(look.of("mean_blue")), abs(look.of("mean_red"))) > 18
    textless = "text" in look.values and look.of("text") < 0.25 and look.of("text_runs") < 0.5
    noiseless = look.of("noise") < 0.05
    is_lit = 0.2 < look.of("luma") < 0.93 and noiseless
    is_gone = noiseless and look.of("match", 1.0) < 0.2 and BLACKEST < look.of("light", 0.0) < 1
    is_gone &= look.of("luma") > NO_LIGHT
    return plain if tinted or textless or is_lit or is_gone else 0.4


def black(look: Look) -> float:
    """Dark nearly everywhere, and flat; of what was there no structure is left, or no light."""
    dark, flat = look.of("dark", 1.0), look.of("contrast", 1.0)
    if dark >= 40 / 255 or flat >= 16 / 255:
        return 0.0
    most = 0.5 if dark < NO_LIGHT else BLACKEST
    if look.is_compared and look.of("light", 0.0) > most:
        return 0.0  # it is always so dark here, or some light is left
    if (look.is_night or look.around.is_dark) and look.has_structure and look.of("match") > 0.35:
        return 0.0  # too little light, and what stands there shows
    return 1.0 + (40 / 255 - dark) * 10


def mirrored(look: Look) -> float:
    """Mirrored it matches, as it is it does not: where the scene would look otherwise in a mirror."""
    if not look.has_structure or "match_turned" not in look.values:
        return 0.0
    match, usual, turned = look.of("match"), look.of("match_mean", 1.0), look.of("match_turned")
    # Of a scene that is nearly its own mirror image the mirror explains all, and the picture not quite all.
    whole = min(turned / (0.9 * usual), (turned - match) / 0.06, look.below("match", 0.08))
    odd, straight = look.of("match_flipped"), look.of("match_unflipped")
    return max(min(odd / 0.5, (odd - max(0.0, straight)) / 0.25), whole)


def rolling(look: Look) -> float:
    """Cut in two across, each part at its place if rolled round; and rolled otherwise in each frame."""
    if not look.has_structure:
        return 0.0
    gained = (look.of("match_rolled") - max(0.0, look.of("match"))) / 0.15
    moves = look.of("rolls") / 0.03
    return min(look.of("match_rolled") / 0.27, gained, moves)


def torn(look: Look) -> float:
    """Neighbouring lines differ more than every other line: two fields torn apart."""
    usual = look.of("comb_mean", 0.8)
    return min((look.of("comb") - usual) / 0.12, (look.of("comb") - 1.0) / 0.03)


def noisy(look: Look) -> float:
    """Noise or points far above this camera's usual."""
    light = look.of("light", 1.0)
    noise, usual = (
        look.of("noise") / max(1.0, light),
        look.of("noise_mean"),
    )  # what is lit up is so with its noise
    dim = not look.around.is_day and light < 0.8  # in less light a camera turns its gain up
    floor = max(2.0 if dim else 0.45, 8 * look.of("noise_spread"))
    grain = min((noise - usual) / floor, noise / (2.2 * usual + 0.2))
    points, often = look.of("impulses"), look.of("impulses_mean")
    snow = min((points - often) / max(0.008, 6 * look.of("impulses_spread")), points / (1.8 * often + 0.002))
    return max(grain, snow) if look.is_compared else 0.0


def striped(look: Look) -> float:
    """Regular bars across the whole picture that are not there otherwise."""
    if not look.is_compared:
        return 0.0
    rolling = look.above("bars_rolling", 5.5, spreads=8)
    if look.has_structure and look.of("match") < 0.3 and look.of("other") > 0.35:
        return rolling  # things stand elsewhere: their rows and edges differ as well
    if (max(spotted(look), webbed(look)) >= 1 and look.of("film") < 0.5) or look.of("lost") > 0.15:
        return rolling  # spots that lie in a row are no bars, nor is a cover's edge
    bars = max(look.above("bars", 3.5 * max(1.0, look.of("light", 1.0)), spreads=8), rolling)
    return 0.0 if blocky(look) > max(2.0, 3 * bars) else bars  # torn blocks come in rows


def flickering(look: Look) -> float:
    """The light swings to and fro from frame to frame, by more than this camera's exposure hunts."""
    swings = look.above("flicker", max(0.1, HUNTING * look.of("sway_mean")), spreads=6)
    return (
        0.0 if look.above("bars_rolling", 5.5, spreads=8) > 2 * swings else swings
    )  # bars that pass are light too


def shaking(look: Look) -> float:
    """Each frame lies aside by another way."""
    return min(look.above("shake", 0.005, spreads=3.5), 4.0) if look.has_structure else 0.0


def moved(look: Look) -> float:
    """What always stood at its place does not, and other things do."""
    if not look.has_structure or look.is_overlaid or _is_lit_over(look) or webbed(look) >= 1.5:
        return 0.0  # what is lit before the lens makes everything lighter: a web
    mismatch = look.below("match", 0.32, spreads=5)
    aside = 0.0
    if "match_shifted" in look.values and look.of("shift_sure") > 0.12:
        gain = (look.of("match_shifted") - look.of("match")) / 0.22
        aside = min(gain, look.of("shift") / 0.008)
    other = (1 - look.of("stands", 1.0)) / 0.5 if _shows_things(look) else 0.0
    return max(min(mismatch, other), aside)


def _is_lit_over(look: Look) -> bool:
    """Whether something light lies over much of the picture and takes little away."""
    lit = look.of("aside") > 0.1 and look.of("aside_light") > 0.9
    return look.of("lost") < 0.1 and (lit or (look.of("film") > 0.3 and look.of("film_light") > 0.7))


def _shows_things(look: Look) -> bool:
    """Whether something stands where something always stood, be it the same or another."""
    return look.of("firm") >= 0.15 and look.of("things") >= 0.15 * look.of("things_usual")


def covered(look: Look) -> float:
    """A part, or all, of what always stood there is gone, and the place is smooth."""
    if not look.is_compared or _is_no_cover(look):
        return 0.0
    narrow = 1 - look.of("span", 1.0)
    whole = min(narrow / 0.7, (1 - look.of("gain_top", 1.0)) / 0.6)
    if look.is_first_light:
        return whole
    usual = look.of("aside_mean") + max(0.15, 8 * look.of("aside_spread"))
    blot = min(look.of("aside") / usual, look.of("aside_largest") / 0.1)
    if not look.has_structure:
        several = spotted(look) >= 1 and look.of("film_pieces") >= 3
        return max(0.0 if several else blot, whole, min(narrow / 0.6, (1 - look.of("field", 1.0)) / 0.6))
    if look.of("things_usual") > 0.1:
        whole = max(whole, (1 - look.of("things") / look.of("things_usual")) / 0.88)
    return max(_covered_part(look, blot), whole if look.of("match") < 0.3 else 0.0)


def _is_no_cover(look: Look) -> bool:
    """Whether it cannot be one: what is lit over by a web, burnt out, dark by night, or another scene."""
    if look.is_overlaid or webbed(look) >= 1 or look.of("burnt") > 0.3 * look.of("aside"):
        return True
    if (look.is_night or look.around.is_dark) and look.of("light", 1.0) < 0.35:
        return True  # by night a thing before the lens is lit, not dark
    # What is before the lens leaves the rest as it was.
    return look.has_structure and _shows_things(look) and look.of("stands", 1.0) < 0.5


def _covered_part(look: Look, blot: float) -> float:
    part = min(look.of("lost") / max(0.08, 8 * look.of("lost_spread")), look.of("largest") / 0.035)
    if spotted(look) >= 1 and look.of("film_largest") < 0.1 and look.of("lost") < 0.2:
        part = 0.0  # many small things are no cover
    if softened(look) >= OUT_OF_FOCUS:
        part = 0.0  # nor is texture that a blur took away
    if look.of("anchors") >= SPARSE:
        return part
    # Little stands there that could be gone: one large thing of another light.
    return max(part, min(blot, 2 * look.of("aside_largest") / max(look.of("aside"), 1e-6)))


def dirty(look: Look) -> float:
    """Several places are soft and lighter or darker than their surroundings, or burnt out, and stay so."""
    if not look.is_compared or (look.of("match", 1.0) < 0.35 and not look.is_overlaid):
        return 0.0
    if look.of("looks") < DIRT_LOOKS:
        return 0.0  # what stood there in one of few looks has left its trace in the reference
    one_way = abs(look.of("aside_light", 0.5) - 0.5) / 0.4
    veil = look.above("aside", 0.09, spreads=8)
    veil = veil if look.is_overlaid else min(veil, one_way)
    glare = 0.01 * (1 + 4 * max(0.0, look.of("light", 1.0) - 1))  # in more light more is burnt out
    # What stands there is lit up with all else, and other light falls otherwise.
    lit = max(look.of("light", 1.0) ** 2, 1 + 4 * max(0.0, 1 - look.of("light", 1.0)))
    soft = max(look.above("spots", 0.03 * lit, spreads=8), veil, look.above("burnt", glare, spreads=8))
    if "film" not in look.values:
        soft /= ONE_FRAME
    return max(soft, spotted(look), webbed(look))


def spotted(look: Look) -> float:
    """Several places more than usual stay lighter or darker than all that stands there: drops, dirt."""
    floor = 0.15 if clock_missing(look) >= 1 else 0.03  # the text that is gone leaves a few pieces itself
    uneven = 1 + 3 * abs(look.of("light", 1.0) - 1)  # other light falls otherwise as well
    much, many = look.above("film", floor * uneven, spreads=3), look.above("film_pieces", 2.5, spreads=2.5)
    much /= max(1.0, look.of("light", 1.0))
    return min(much, many) if min(much, many) < 0.4 else min(sqrt(much * many), 4.0)


def webbed(look: Look) -> float:
    """Something light lies over much of the picture and takes nothing of it away: threads."""
    if look.of("film_light") < 0.5:
        return 0.0
    left = (0.1 - look.of("lost")) / 0.06
    wide = max(look.of("film_pieces") / 4, look.of("film") / 0.5)  # or all of it is one piece
    return min(look.above("film", 0.1, spreads=5), left, wide, 4.0)


def blurred(look: Look) -> float:
    """The finest detail is gone everywhere while things stand at their places."""
    if not look.has_structure or webbed(look) >= 1.5 or look.of("gain", 1.0) > 1.15:
        return 0.0  # unsharp threads before sharp things; a blur makes no edges
    return max(look.below("fine", 0.10, spreads=3), softened(look))


def softened(look: Look) -> float:
    """The steepest edges are far less steep than usual: of a few plain edges blur takes nothing else."""
    usual = look.of("sharp_mean")
    if "sharp" not in look.values or usual < 0.18 or look.of("match") < 0.4:
        return 0.0
    return (1 - look.of("sharp") / usual) / max(0.3, 3.5 * look.of("sharp_spread") / usual)


def _is_the_scene(look: Look) -> bool:
    """Whether the same is shown: by its things, or, where these drown in noise, by how light falls."""
    return look.of("match", 1.0) > 0.5 or look.of("field") > 0.7


def foggy(look: Look) -> float:
    """Dark and light have moved together, and dark became lighter: a veil."""
    if not look.is_compared:
        return 0.0
    flat = min((1 - look.of("gain", 1.0)) / 0.25, (1 - look.of("span", 1.0)) / 0.2)
    if not _is_the_scene(look) or softened(look) >= OUT_OF_FOCUS:
        return 0.0  # a veil leaves edges as steep as they are high
    veil = max(look.of("lift") / 0.05, (look.of("light", 1.0) - look.of("span", 1.0)) / 0.2)
    return min(flat, veil)  # less light takes as much of the range as of the light


def overexposed(look: Look) -> float:
    """Far more light than usual, and much of it burnt out."""
    if not look.is_compared:
        return 0.0
    if _shows_things(look) and look.of("stands", 1.0) < 0.2:
        return 0.0  # the camera looks at something lighter
    more = max(look.of("light", 1.0), look.of("light_unburnt", 1.0))
    lit = min((more - 1) / 0.5, look.of("white_more") / 0.08)
    if look.of("light_unburnt", 1.0) != 1.0:
        return lit  # what is white says nothing of the light: a light wall burns out in little more of it
    return max(lit, look.of("white_more") / 0.55)


def underexposed(look: Look) -> float:
    """Far less light than usual, in proportion, while things stand at their places."""
    if not look.is_compared or not _is_the_scene(look) or (look.is_night and not look.around.is_day):
        return 0.0
    around = look.around
    most = 0.62 if around.is_day else 0.12 if around.may_be_dusk else 0.45
    return (1 - look.of("light", 1.0)) / (1 - most)


def lamp_failed(look: Look) -> float:
    """By night: far less light than on other nights."""
    if not look.is_compared or not look.is_night or look.around.is_day or look.of("match", 1.0) < 0.08:
        return 0.0
    return (1 - look.of("light", 1.0)) / (0.75 if look.around.is_dusk else 0.4)


def tinted(look: Look) -> float:
    """All colours have moved the same way."""
    if not look.is_compared or "cast" not in look.values or look.of("cast_share", 1.0) < ALL_OVER:
        return 0.0  # what hangs before a part of the lens tints that part
    return look.above(
        "cast", 21.0 if look.around.is_dusk else 9.0 if look.around.may_be_dusk else 5.5, spreads=6
    )


def filter_stuck(look: Look) -> float:
    """Pink and pale in daylight; or without colour where there always was some, while it is day."""
    if look.of("night"):
        if foggy(look) >= 1:
            return 0.0  # a veil takes the colour as well
        had_colour = look.of("day_known") and look.of("colourful_mean", COLOURFUL) >= COLOURFUL
        is_the_scene = look.of("match", 0.7) > 0.4 and look.of("span", 1.0) > 0.5
        return (2.5 if is_the_scene else 0.5) if look.around.is_day and had_colour else 0.0
    if not look.is_compared or "cast" not in look.values or look.is_first_light:
        return 0.0
    if look.around.is_dark and look.of("colourful_mean") < 0.35:  # colour by night, where infrared gives none
        return min(look.of("colourful") / COLOURFUL, (1 - look.of("light", 1.0)) / 0.25)
    pink = min(look.of("cast_blue") / 3.0, look.of("cast_red") / 4.5)
    pale = min((1 - look.of("gain", 1.0)) / 0.09, look.of("lift") / 0.03)
    left = look.of("colourful") / (look.of("colourful_mean") * min(1.0, look.of("light", 1.0)) + 1e-6)
    left = max(left, look.of("chroma"))  # coloured things that went have taken none from the rest
    was_colourful = (
        look.of("colourful_mean") >= 3.0 and not look.around.may_be_dusk and look.of("span") > 0.75
    )
    pink *= 1.5 if pale >= 2 else 1.0
    return max(min(pink, pale), (1 - left) / 0.65 if was_colourful else 0.0)


def blocky(look: Look) -> float:
    """Edges along the coder's grid where the picture is smooth beside them."""
    if not look.is_compared or (look.of("aside") > 0.1 and look.of("aside_light") > 0.9):
        return 0.0  # threads of a web have edges of their own …
    # They are lit up with all else, and where bits are short anything new costs some more.
    floor = max(0.0125 * max(1.0, look.of("light", 1.0)) ** 4, min(1.5 * look.of("edges_mean"), 0.04))
    score = look.above("edges", floor, spreads=6)
    on_lens = webbed(look) >= 1 or (spotted(look) >= 1.5 and score < 4)
    return 0.0 if on_lens else score  # … and so have drops; torn blocks do not stay where they are


SIGNS: Final[dict[str, Sign]] = {
    "IMG_NO_VIDEO": no_video,
    "IMG_BLACK": black,
    "IMG_MIRROR": mirrored,
    "IMG_ROLL": rolling,
    "IMG_INTERLACE": torn,
    "IMG_NOISE": noisy,
    "IMG_STRIPES": striped,
    "IMG_MOSAIC": blocky,
    "IMG_FLICKER": flickering,
    "IMG_SHAKE": shaking,
    "IMG_MOVED": moved,
    "IMG_COVER": covered,
    "IMG_DIRT": dirty,
    "IMG_BLUR": blurred,
    "IMG_FOG": foggy,
    "IMG_BRIGHT": overexposed,
    "IMG_DARK": underexposed,
    "IMG_IR": lamp_failed,
    "IMG_ICR": filter_stuck,
    "IMG_CAST": tinted,
    "OSD_MISSING": clock_missing,
    "OSD_STILL": clock_still,
    "IMG_FREEZE": frozen,
}
