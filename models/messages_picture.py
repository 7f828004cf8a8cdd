"""What is said of pictures that are compared with what their camera usually shows."""

from typing import Final

from models.words import Words

PICTURE_MESSAGES: Final[dict[str, Words]] = {
    "picture.as_usual": Words("the picture is as this camera usually shows it", "与该摄像机平时画面一致"),
    "picture.told": Words(
        "against this camera's usual picture; {confidence:percent} sure. Next: {second:fault}"
        " {second_confidence:percent}, {third:fault} {third_confidence:percent}",
        "与该摄像机平时画面对比，置信度{confidence:percent}。其次：{second:fault}{second_confidence:percent}、"
        "{third:fault}{third_confidence:percent}",
    ),
    "picture.told_two": Words(
        "against this camera's usual picture; {confidence:percent} sure. Next: {second:fault}"
        " {second_confidence:percent}",
        "与该摄像机平时画面对比，置信度{confidence:percent}。其次：{second:fault}{second_confidence:percent}",
    ),
    "picture.told_alone": Words(
        "against this camera's usual picture; {confidence:percent} sure, nothing else comes near",
        "与该摄像机平时画面对比，置信度{confidence:percent}，无其他可能",
    ),
    "picture.black": Words(
        "99 % of the picture is darker than {p99:percent} of full brightness; contrast {contrast:percent}",
        "画面99%的像素亮度低于满量程的{p99:percent}；对比度{contrast:percent}",
    ),
    "unknown.site_wide": Words(
        "{share:percent} of the site's other cameras show it as well: weather, light or power of the site",
        "同站点其他摄像机有{share:percent}同时出现：属全站天气、光照或供电变化",
    ),
    "unknown.site_named": Words(
        "{share:percent} of the site's other cameras show it as well: {by:fault}",
        "同站点其他摄像机有{share:percent}同时出现：{by:fault}",
    ),
    "site.shown": Words(
        "{count:.0f} of {of:.0f} cameras show it at once: {which}",
        "{of:.0f}台摄像机中有{count:.0f}台同时出现：{which}",
    ),
    "site.not_shown": Words(
        "no more than single ones of {of:.0f} cameras show it", "{of:.0f}台摄像机中至多个别出现"
    ),
    "site.too_few": Words(
        "too few cameras were looked at of late to tell: {of:.0f}",
        "近期巡检的摄像机过少（{of:.0f}台），无法判断",
    ),
    "unknown.unfit_black": Words("commissioning waits: the picture is black", "尚不能建立参考画面：画面全黑"),
    "unknown.unfit_slate": Words(
        "commissioning waits: a plain slate is shown, no picture", "尚不能建立参考画面：显示的是纯色提示画面"
    ),
    "unknown.unfit_burnt": Words(
        "commissioning waits: the picture is burnt out", "尚不能建立参考画面：画面严重过曝"
    ),
    "unknown.unfit_noise": Words(
        "commissioning waits: the picture is little but noise", "尚不能建立参考画面：画面噪声过大"
    ),
    "unknown.unfit_flat": Words(
        "commissioning waits: the picture has no structure; covered, or a plain wall? If it is meant:"
        " siteward baseline accept CAMERA",
        "尚不能建立参考画面：画面没有任何结构（被遮挡或对着空白墙面？）。"
        "如属正常：执行 siteward baseline accept 摄像机编号",
    ),
    "unknown.unfit_blurred": Words(
        "commissioning waits: the picture is out of focus; if it is meant: siteward baseline accept CAMERA",
        "尚不能建立参考画面：画面虚焦。如属正常：执行 siteward baseline accept 摄像机编号",
    ),
    "unknown.ptz_moves": Words("the camera is turning: cannot tell", "云台正在转动，无法判断"),
}
