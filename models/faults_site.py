"""What the cameras of a site show together: weather, daylight, lamps and mains. One notice each."""

from typing import Final

from models.fault import Advice, Fault, Hold, Place, Retest, Severity
from models.words import Words

_HOLD: Final = Hold(3, 240.0, 3, 900.0)  # before what the single cameras show opens for itself
_LOOK: Final = Words("look at the pictures of some of the cameras", "查看其中几台摄像机的画面")
_WAIT: Final = Words(
    "wait until it is over: the cameras say themselves what remains",
    "等待其结束：届时各摄像机会自行报告遗留问题",
)


def _notice(  # noqa: PLR0917 the table below reads best without names
    code: str,
    en: str,
    zh: str,
    causes: tuple[Words, ...],
    steps: tuple[Words, ...],
    parts: tuple[Words, ...] = (),
) -> Fault:
    advice = Advice(causes, steps, parts, Retest((code,)))
    return Fault(code, en, zh, Severity.S4, Place.ENVIRONMENT, _HOLD, advice=advice)


SITE_FAULTS: Final[tuple[Fault, ...]] = (
    _notice(
        "SITE_FOG",
        "Fog at the site",
        "站点有雾",
        (
            Words("fog, haze, smoke or blown dust over the place", "现场有雾、霾、烟或扬尘"),
            Words("sudden damp cold: covers fog up all at once", "骤冷潮湿，多台防护罩同时起雾"),
        ),
        (_LOOK, Words("should it be smoke: ask the site at once", "如疑似烟雾，立即联系现场"), _WAIT),
    ),
    _notice(
        "SITE_RAIN",
        "Rain or snow at the site",
        "站点有雨雪",
        (
            Words("rain or snow before the lenses, drops on the covers", "镜头前有雨雪，防护罩有水滴"),
            Words("covers of the whole site due for cleaning", "全站防护罩需要清洁"),
        ),
        (_LOOK, _WAIT),
        (Words("lens cleaning kit", "镜头清洁工具"),),
    ),
    _notice(
        "SITE_DUSK",
        "Daylight changes at the site: dusk, dawn or clouds",
        "站点光照变化（黎明、黄昏或阴天）",
        (
            Words("the sun rises or sets", "日出或日落"),
            Words("heavy clouds, or the sun comes out", "云层变化"),
        ),
        (
            Words(
                "set the site's location, so that the sun is known: `location` in the configuration",
                "在配置中设置站点位置（location），以便推算太阳高度",
            ),
            _WAIT,
        ),
    ),
    Fault(
        "SITE_POWER",
        "Lighting or mains of the site disturbed",
        "站点照明或市电异常",
        Severity.S3,
        Place.POWER,
        _HOLD,
        advice=Advice(
            (
                Words(
                    "lamps of the place off: fuse, timer, light sensor",
                    "现场照明关闭：熔断器、定时器或光控故障",
                ),
                Words("mains down or disturbed, an earth loop", "市电中断或受干扰、地环路"),
                Words("a common power supply failing", "公用电源故障"),
            ),
            (
                _LOOK,
                Words("read the UPS and the supplies of the site", "查看站点UPS及电源状态"),
                Words("ask the site about its lights", "向现场确认照明情况"),
            ),
            (Words("fuse and timer of the lighting", "照明熔断器及定时器"), Words("power supply", "电源")),
            Retest(("SITE_POWER",)),
        ),
    ),
)
