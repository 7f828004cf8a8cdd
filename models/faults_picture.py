"""The faults of pictures: what camera makers' lists name, each told from a camera's own reference."""

from typing import Final

from models.fault import Advice, Fault, Hold, Place, Retest, Severity
from models.words import Words

_SEEN: Final = ("REACH_LOST", "AUTH_REFUSED", "STREAM_LOST", "STREAM_STALL")
_CORE: Final = (*_SEEN, "IMG_BLACK", "IMG_FREEZE", "IMG_BLUR", "IMG_COVER")
_HOLD: Final = Hold(2, 480.0, 2, 240.0, open_of=3)  # k of n looks and a dwell: one look is no proof
_SLOW: Final = Hold(2, 1800.0, 3, 900.0, open_of=3)  # what weather does as well must stay longer

_LIVE: Final = Words("open the live view and compare with the picture attached", "打开实时预览，与附图对比")
_AT_SITE: Final = Words("ask the site to look at the camera", "请现场人员查看摄像机")
_REBOOT: Final = Words("restart the device remotely if its contract allows", "合同允许时远程重启设备")
_DAY_NIGHT: Final = Words("check the day/night and infrared settings", "检查日夜切换及红外设置")
_EXPOSURE: Final = Words("check exposure, gain and wide dynamic range", "检查曝光、增益及宽动态设置")

_CAMERA: Final = Words("spare camera of the same model", "同型号备用摄像机")
_LADDER: Final = Words("ladder or lift", "登高梯或升降车")
_CLEANING: Final = Words("lens cleaning kit", "镜头清洁工具")
_TOOLS: Final = Words("mounting tools and screws", "安装工具及紧固件")
_COAX: Final = Words("video cable, connectors and isolator", "视频线缆、接头及隔离器")
_LAMP: Final = Words("infrared lamp", "红外补光灯")
_SUPPLY: Final = Words("power supply of the camera", "摄像机电源")
_SENSOR: Final = Words("image sensor failing", "图像传感器损坏")
_BOARD: Final = Words("main board or firmware of the camera failing", "摄像机主板或固件故障")


def _fault(  # noqa: PLR0917 the table below reads best without names
    code: str,
    en: str,
    zh: str,
    place: Place,
    causes: tuple[Words, ...],
    steps: tuple[Words, ...],
    parts: tuple[Words, ...],
    by_hand: Words | None = None,
    *,
    hold: Hold = _HOLD,
    severity: Severity = Severity.S3,
) -> Fault:
    retest = Retest((*_SEEN, code), by_hand=by_hand)
    return Fault(code, en, zh, severity, place, hold, advice=Advice(causes, steps, parts, retest))


PICTURE_FAULTS: Final[tuple[Fault, ...]] = (
    Fault(
        "IMG_BLACK",
        "Picture black",
        "画面黑屏",
        Severity.S3,
        Place.DEVICE,
        _HOLD,
        advice=Advice(
            causes=(
                Words("no light at night: infrared light failed", "夜间无光：红外灯故障"),
                Words("lens cap on, or lens fully covered", "镜头盖未取下或镜头被完全遮挡"),
                Words("iris closed or image sensor failed", "光圈关闭或图像传感器损坏"),
            ),
            steps=(
                _LIVE,
                Words("check exposure and day/night settings", "检查曝光及日夜切换设置"),
                _REBOOT,
            ),
            parts=(_CAMERA, _LAMP, _LADDER),
            retest=Retest(_CORE),
        ),
    ),
    Fault(
        "IMG_FREEZE",
        "Picture frozen",
        "画面冻结",
        Severity.S3,
        Place.DEVICE,
        _HOLD,
        advice=Advice(
            causes=(
                Words("image sensor or encoder of the device hung", "设备图像传感器或编码器死锁"),
                Words(
                    "recorder or encoder repeats the last picture of a lost channel",
                    "编码器或录像机重复输出丢失通道的最后一帧",
                ),
            ),
            steps=(_LIVE, _REBOOT),
            parts=(_CAMERA,),
            retest=Retest(_CORE),
        ),
    ),
    Fault(
        "IMG_BLUR",
        "Picture blurred",
        "画面模糊（虚焦）",
        Severity.S3,
        Place.ENVIRONMENT,
        _HOLD,
        advice=Advice(
            causes=(
                Words(
                    "focus shifted: knock, temperature, day/night filter",
                    "焦点偏移：碰撞、温度或日夜滤光片切换",
                ),
                Words("lens dirty, wet or fogged", "镜头脏污、水渍或起雾"),
                Words("zoom or focus motor failed", "变焦或聚焦电机故障"),
            ),
            steps=(_LIVE, Words("start the camera's autofocus", "执行一次自动聚焦")),
            parts=(_CLEANING, _LADDER, Words("lens", "镜头")),
            retest=Retest(_CORE, by_hand=Words("picture sharp by day and by night", "昼夜画面均清晰")),
        ),
    ),
    Fault(
        "IMG_COVER",
        "Lens covered",
        "镜头被遮挡",
        Severity.S3,
        Place.ENVIRONMENT,
        _HOLD,
        advice=Advice(
            causes=(
                Words("something hangs or stands before the lens", "镜头前有物体遮挡"),
                Words("tampering: sprayed, taped or turned to a wall", "人为破坏：喷涂、粘贴或转向墙面"),
                Words("protective film left on, heavy dirt, spider web", "保护膜未撕、严重脏污或蛛网"),
            ),
            steps=(_LIVE, _AT_SITE),
            parts=(_CLEANING, _LADDER),
            retest=Retest(_CORE, by_hand=Words("field of view as agreed", "监视范围符合要求")),
        ),
    ),
    _fault(
        "IMG_NO_VIDEO",
        "No video signal: a slate instead of a picture",
        "无视频信号（显示提示画面）",
        Place.LINK,
        (
            Words("camera behind the recorder or encoder without power", "录像机或编码器后端摄像机断电"),
            Words(
                "video cable or network between camera and recorder broken", "摄像机与录像机间线缆或网络中断"
            ),
            Words(
                "channel of the recorder set to another camera or protocol",
                "录像机通道配置的摄像机或协议有误",
            ),
        ),
        (_LIVE, Words("open the camera itself, past the recorder", "绕过录像机直接访问摄像机")),
        (_COAX, _SUPPLY, _CAMERA),
    ),
    _fault(
        "IMG_DARK",
        "Picture under-exposed",
        "画面过暗（曝光不足）",
        Place.DEVICE,
        (
            Words("exposure or iris set wrong, or stuck", "曝光或光圈设置错误或卡滞"),
            Words("lighting of the place switched off or failed", "现场照明关闭或故障"),
            Words("cover of the dome darkened", "球罩老化发暗"),
        ),
        (_LIVE, _EXPOSURE),
        (_CAMERA, Words("dome cover", "透明球罩"), _LADDER),
        Words("detail is visible in dark parts", "暗部细节可辨"),
        hold=_SLOW,
    ),
    _fault(
        "IMG_BRIGHT",
        "Picture over-exposed",
        "画面过亮（曝光过度）",
        Place.DEVICE,
        (
            Words("iris stuck open, or exposure set wrong", "光圈卡在全开或曝光设置错误"),
            Words("sun or a lamp shines into the lens", "阳光或灯具直射镜头"),
            _SENSOR,
        ),
        (_LIVE, _EXPOSURE),
        (_CAMERA, Words("sun shield", "遮阳罩"), _LADDER),
        Words("no part of importance is burnt out", "重要区域无过曝"),
    ),
    _fault(
        "IMG_FOG",
        "Picture without contrast: veiled",
        "画面对比度低（起雾）",
        Place.ENVIRONMENT,
        (
            Words("water has condensed inside the cover", "防护罩内部结露"),
            Words("protective film, dust or grease on the cover", "保护膜未撕、灰尘或油污"),
            Words("fog or smoke at the place", "现场有雾或烟"),
        ),
        (
            _LIVE,
            Words(
                "compare with other cameras of the site: fog shows there too",
                "与同站点其他摄像机对比：雾天应同时出现",
            ),
        ),
        (_CLEANING, Words("drying agent and seal", "干燥剂及密封圈"), _LADDER),
        Words("cover clean and dry", "防护罩清洁干燥"),
        hold=_SLOW,
    ),
    _fault(
        "IMG_MOVED",
        "Camera moved: it looks elsewhere",
        "监视画面偏移（摄像机被移动）",
        Place.ENVIRONMENT,
        (
            Words("pushed, turned or knocked; tampering", "被推动、转动或碰撞；人为破坏"),
            Words("mount loose: wind, vibration, corrosion", "支架松动：风、振动或锈蚀"),
            Words("turned on purpose: accept the new view", "有意调整：请确认新画面"),
        ),
        (
            _LIVE,
            Words(
                "if it is meant: siteward baseline accept CAMERA",
                "如属有意调整：执行 siteward baseline accept 摄像机编号",
            ),
        ),
        (_TOOLS, _LADDER),
        Words("field of view as agreed", "监视范围符合要求"),
    ),
    _fault(
        "IMG_SHAKE",
        "Picture shakes",
        "画面抖动",
        Place.ENVIRONMENT,
        (
            Words("mount or pole loose, wind or traffic shakes it", "支架或立杆松动，受风或车辆振动"),
            Words("stabiliser or pan/tilt motor failing", "防抖或云台电机故障"),
        ),
        (_LIVE, _AT_SITE),
        (_TOOLS, _LADDER),
        Words("picture steady", "画面稳定"),
    ),
    _fault(
        "IMG_CAST",
        "Colours wrong: a tint over the picture",
        "画面偏色",
        Place.DEVICE,
        (
            Words("white balance locked or set wrong", "白平衡锁定或设置错误"),
            Words("lamps of another colour at the place", "现场光源色温改变"),
            _SENSOR,
        ),
        (_LIVE, Words("set the white balance to automatic", "将白平衡设为自动")),
        (_CAMERA,),
        Words("grey things look grey", "灰色物体无偏色"),
    ),
    _fault(
        "IMG_ICR",
        "Infrared cut filter stuck",
        "红外滤光片（ICR）卡滞",
        Place.DEVICE,
        (
            Words("filter's drive stuck or its gear broken", "滤光片切换机构卡滞或齿轮损坏"),
            Words(
                "day/night switching set to fixed, or its sensor covered", "日夜切换被固定或光敏元件被遮挡"
            ),
        ),
        (
            _LIVE,
            _DAY_NIGHT,
            Words("switch day and night by hand and listen for the click", "手动切换日夜模式并听切换声"),
        ),
        (_CAMERA, Words("infrared cut filter unit", "红外滤光片组件")),
        Words("colours right by day, bright and grey by night", "白天色彩正常，夜间黑白清晰"),
    ),
    _fault(
        "IMG_IR",
        "Infrared light failed at night",
        "夜间红外补光失效",
        Place.DEVICE,
        (
            Words("infrared lamp failed or lost its power", "红外灯损坏或断电"),
            Words("infrared light switched off or dimmed by its settings", "红外补光被关闭或调低"),
            Words("light sensor covered or failed", "光敏元件被遮挡或损坏"),
        ),
        (_LIVE, _DAY_NIGHT),
        (_LAMP, _SUPPLY, _CAMERA, _LADDER),
        Words("bright enough at night", "夜间亮度正常"),
    ),
    _fault(
        "IMG_NOISE",
        "Picture noisy",
        "画面噪声（雪花）",
        Place.DEVICE,
        (
            Words("analogue cable or connector bad, or disturbed", "模拟视频线或接头不良，受到干扰"),
            Words("too little light: gain at its end", "照度不足，增益过高"),
            _SENSOR,
        ),
        (_LIVE, _EXPOSURE),
        (_COAX, _CAMERA, _LAMP),
        Words("no more noise than usual", "噪声恢复正常水平"),
    ),
    _fault(
        "IMG_STRIPES",
        "Stripes or bars over the picture",
        "画面条纹干扰",
        Place.LINK,
        (
            Words("mains hum: earth loop between camera and recorder", "工频干扰：摄像机与录像机间地环路"),
            Words("power supply failing or without smoothing", "电源滤波不良或即将损坏"),
            Words("interference by a strong transmitter or motor", "强电台或电机干扰"),
        ),
        (_LIVE, Words("try another power supply", "更换电源试验")),
        (_SUPPLY, _COAX, _CAMERA),
        Words("no bars on a plain surface", "纯色区域无条纹"),
    ),
    _fault(
        "IMG_ROLL",
        "Picture rolls",
        "画面滚动（失步）",
        Place.LINK,
        (
            Words(
                "vertical sync lost: cable, termination, standard (PAL or NTSC)",
                "场同步丢失：线缆、终端匹配或制式（PAL/NTSC）",
            ),
            _BOARD,
        ),
        (_LIVE, Words("check video standard and termination", "检查视频制式及终端匹配")),
        (_COAX, _CAMERA),
    ),
    _fault(
        "IMG_FLICKER",
        "Brightness flickers",
        "画面闪烁",
        Place.DEVICE,
        (
            Words("shutter does not fit the mains frequency: 50 or 60 Hz", "快门与工频不匹配：50/60 Hz"),
            Words("lamp or its driver failing", "灯具或驱动电源故障"),
            Words("automatic iris hunting", "自动光圈振荡"),
        ),
        (_LIVE, Words("set the flicker frequency of the place", "按当地工频设置防闪烁")),
        (_CAMERA,),
    ),
    _fault(
        "IMG_MOSAIC",
        "Blocks or torn parts in the picture",
        "画面马赛克（花屏）",
        Place.LINK,
        (
            Words("packets lost between camera and recorder", "摄像机与录像机间丢包"),
            Words("encoder overloaded or its firmware failing", "编码器过载或固件异常"),
            Words("bitrate far too low for the scene", "码率远低于场景需要"),
        ),
        (_LIVE, Words("read the errors of the switch port", "查看交换机端口错误计数"), _REBOOT),
        (Words("patch cable", "网络跳线"), _CAMERA),
    ),
    _fault(
        "IMG_MIRROR",
        "Picture mirrored or upside down",
        "画面镜像或倒置",
        Place.SOFTWARE,
        (
            Words("mirror or rotation setting changed or reset", "镜像或旋转设置被更改或复位"),
            Words("camera hung the other way after work on it", "维修后安装方向错误"),
        ),
        (_LIVE, Words("check mirror, flip and rotation", "检查镜像、翻转及旋转设置")),
        (),
    ),
    _fault(
        "IMG_DIRT",
        "Lens dirty: drops, web, dirt or a light spot",
        "镜头脏污（水滴、蛛网、污渍或光斑）",
        Place.ENVIRONMENT,
        (
            Words("drops, dust or dirt on the cover", "防护罩有水滴、灰尘或污渍"),
            Words("spider web before the lens, lit by infrared at night", "镜头前有蛛网，夜间被红外照亮"),
            Words("a lamp, the sun or a reflection shines into the lens", "灯具、阳光或反光直射镜头"),
        ),
        (_LIVE, _AT_SITE),
        (_CLEANING, _LADDER, Words("insect repellent for housings", "防护罩驱虫剂")),
        Words("cover clean", "防护罩清洁"),
        hold=_SLOW,
    ),
    _fault(
        "IMG_INTERLACE",
        "Lines torn apart: interlaced fields",
        "画面隔行撕裂",
        Place.SOFTWARE,
        (
            Words("encoder does not join the fields of an analogue camera", "编码器未对模拟信号去隔行"),
            Words("wrong video standard or field order", "视频制式或场序设置错误"),
        ),
        (_LIVE, Words("switch deinterlacing on, check the standard", "开启去隔行并检查制式")),
        (_COAX,),
    ),
    _fault(
        "OSD_MISSING",
        "On-screen clock missing",
        "画面时间字符丢失",
        Place.SOFTWARE,
        (
            Words("on-screen display switched off or settings reset", "OSD被关闭或设置复位"),
            Words("camera replaced and not set up", "摄像机更换后未配置"),
        ),
        (_LIVE, Words("switch the date and time on the picture on", "开启画面日期时间显示")),
        (),
        severity=Severity.S4,
    ),
    _fault(
        "OSD_STILL",
        "On-screen clock stands still",
        "画面时间字符停止",
        Place.DEVICE,
        (
            _BOARD,
            Words("the recorder repeats an old picture", "录像机重复输出旧画面"),
        ),
        (_LIVE, _REBOOT),
        (_CAMERA,),
    ),
)
