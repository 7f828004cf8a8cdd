"""All that Siteward says to people about faults, by key, in English and Chinese; formats: see `phrasing`."""

from datetime import UTC, tzinfo
from typing import Final

from models.phrasing import Phrasing
from models.words import Lang, Words

MESSAGES: Final[dict[str, Words]] = {
    # ---------------------------------------------------------------- reach and login
    "reach.answers": Words("it answers", "设备有响应"),
    "reach.silent": Words("nothing answers ({asked:protocols})", "全部无响应（{asked:protocols}）"),
    "reach.silent_since": Words(
        "nothing answers ({asked:protocols}); last sign of life {last_sign:when}",
        "全部无响应（{asked:protocols}）；最后一次响应 {last_sign:when}",
    ),
    "reach.ping_only": Words(
        "it answers ping, but no service answers ({asked:protocols})",
        "可Ping通，但服务全部无响应（{asked:protocols}）",
    ),
    "reach.ping_only_since": Words(
        "it answers ping, but no service answers ({asked:protocols}); last sign of life {last_sign:when}",
        "可Ping通，但服务全部无响应（{asked:protocols}）；最后一次响应 {last_sign:when}",
    ),
    "login.refused": Words(
        "it answers and refuses our user name or password ({asked:protocols}); we stopped trying, so as not"
        " to lock the account",
        "设备在线，但拒绝用户名或密码（{asked:protocols}）；为避免锁定账号已停止尝试",
    ),
    "login.accepted": Words("it accepts our login", "登录正常"),
    "service.answers": Words("{asked:protocols} answers", "{asked:protocols}有响应"),
    "service.silent": Words(
        "the device is there, but its {asked:protocols} does not answer",
        "设备在线，但{asked:protocols}无响应",
    ),
    # ---------------------------------------------------------------- clock
    "clock.offset": Words("its clock is {offset:ahead}", "设备时钟{offset:ahead}"),
    "clock.wrong": Words(
        "its clock is {offset:ahead} (limit {limit:span})", "设备时钟{offset:ahead}（限值{limit:span}）"
    ),
    "clock.wrong_ntp": Words(
        "its clock is {offset:ahead} (limit {limit:span}), although it says it is set by NTP: its time server"
        " is wrong or not reachable",
        "设备时钟{offset:ahead}（限值{limit:span}）；设备显示已启用NTP：校时服务器错误或无法访问",
    ),
    "clock.wrong_by_hand": Words(
        "its clock is {offset:ahead} (limit {limit:span}); it is set by hand, NTP is off",
        "设备时钟{offset:ahead}（限值{limit:span}）；设备为手动校时，NTP未启用",
    ),
    "clock.reset": Words(
        "its clock is {offset:ahead}: it began anew after a loss of power, its battery is probably empty",
        "设备时钟{offset:ahead}：断电后时间复位，时钟电池可能已耗尽",
    ),
    "clock.zone": Words(
        "its clock is {offset:ahead}: whole or half hours, so its time zone is wrong, not its clock",
        "设备时钟{offset:ahead}：偏差为整点或半点，应为时区设置错误而非走时不准",
    ),
    # ---------------------------------------------------------------- stream
    "stream.opens": Words("its stream opens", "可正常取流"),
    "stream.lost": Words(
        "the device answers, its stream does not open: {said:text}", "设备在线但无法取流：{said:text}"
    ),
    "stream.stalled": Words(
        "the stream opened, then frames stopped or it ended by itself", "码流打开后视频帧中断或自行结束"
    ),
    "stream.flows": Words("frames flow", "视频帧正常"),
    "stream.damage_lost": Words("packets lost: {lost:percent}", "丢包率{lost:percent}"),
    "stream.damage_corrupt": Words("damaged frames: {corrupt:percent}", "损坏帧{corrupt:percent}"),
    "stream.damage_lost_corrupt": Words(
        "packets lost: {lost:percent}; damaged frames: {corrupt:percent}",
        "丢包率{lost:percent}；损坏帧{corrupt:percent}",
    ),
    # ---------------------------------------------------------------- picture
    "picture.black": Words(
        "99 % of the picture is darker than {p99:percent} of full brightness; contrast {contrast:percent}",
        "画面99%的像素亮度低于满量程的{p99:percent}；对比度{contrast:percent}",
    ),
    "picture.cover": Words(
        "areas with edges: {texture:percent} of what this camera shows normally; brightness {luma:percent}"
        " and contrast {contrast:percent} of its normal",
        "含边缘的区域为该摄像机平时的{texture:percent}；亮度为平时的{luma:percent}，对比度为平时的{contrast:percent}",
    ),
    "picture.blur": Words(
        "fine detail: {texture:percent} of what this camera shows normally, while brightness"
        " ({luma:percent}) and contrast ({contrast:percent}) are as usual",
        "画面细节为该摄像机平时的{texture:percent}，而亮度（{luma:percent}）和对比度（{contrast:percent}）与平时接近",
    ),
    "picture.freeze": Words(
        "the picture is the same from check to check; within a check key frames differ by {change:.2f} luma"
        " steps, this camera's normally by {own:.2f}",
        "多次检测画面完全相同；单次检测内关键帧亮度差{change:.2f}级，该摄像机平时为{own:.2f}级",
    ),
    # ---------------------------------------------------------------- disk and power
    "disk.well": Words("the recorder calls disk {disk:text} well", "录像机报告硬盘{disk:text}正常"),
    "disk.failed": Words("the recorder calls disk {disk:text} failed", "录像机报告硬盘{disk:text}故障"),
    "disk.failed_of_size": Words(
        "the recorder calls disk {disk:text} ({size:bytes}) failed",
        "录像机报告硬盘{disk:text}（{size:bytes}）故障",
    ),
    "power.mains": Words("mains is there", "市电正常"),
    "power.mains_charge": Words(
        "mains is there; battery charge {charge:percent}", "市电正常；电池电量{charge:percent}"
    ),
    "power.mains_runtime": Words(
        "mains is there; battery would last {runtime:span}", "市电正常；电池可续航{runtime:span}"
    ),
    "power.mains_charge_runtime": Words(
        "mains is there; battery charge {charge:percent}, would last {runtime:span}",
        "市电正常；电池电量{charge:percent}，可续航{runtime:span}",
    ),
    "power.battery": Words("running from the battery", "正由电池供电"),
    "power.battery_charge": Words(
        "running from the battery; charge {charge:percent}", "正由电池供电；电量{charge:percent}"
    ),
    "power.battery_runtime": Words(
        "running from the battery; lasts {runtime:span} more", "正由电池供电；还可续航{runtime:span}"
    ),
    "power.battery_charge_runtime": Words(
        "running from the battery; charge {charge:percent}, lasts {runtime:span} more",
        "正由电池供电；电量{charge:percent}，还可续航{runtime:span}",
    ),
    "site.dark": Words(
        "{lost:.0f} of {of:.0f} devices are lost, and no single device explains it",
        "{of:.0f}台设备中有{lost:.0f}台失联，且非单台设备所致",
    ),
    # ---------------------------------------------------------------- why something is unknown
    "unknown.not_asked": Words("not asked, or no clear answer, of late", "近期未检测或结果不明确"),
    "unknown.stale": Words("no news of late", "近期无数据"),
    "unknown.device_lost": Words("the device is lost: nothing can be said", "设备失联，无法判断"),
    "unknown.explained": Words("hidden by another fault: {by:fault}", "被其他故障掩盖：{by:fault}"),
    "unknown.learning": Words("this camera's own normal is still being learnt", "正在学习该摄像机的正常状态"),
    "unknown.low_texture": Words("the scene has too little detail to tell", "场景细节过少，无法判断"),
    "unknown.dim": Words("the scene is much darker than usual: cannot tell", "场景亮度远低于平时，无法判断"),
    "unknown.still_scene": Words("the scene hardly ever changes: cannot tell", "场景几乎不变，无法判断"),
    "unknown.not_told": Words("the device does not tell", "设备未提供该信息"),
    # ---------------------------------------------------------------- the ticket
    "severity.S1": Words("S1 critical", "S1 紧急"),
    "severity.S2": Words("S2 major", "S2 重大"),
    "severity.S3": Words("S3 normal", "S3 一般"),
    "severity.S4": Words("S4 latent", "S4 隐患"),
    "place.device": Words("device", "设备"),
    "place.link": Words("link", "链路"),
    "place.power": Words("power", "供电"),
    "place.environment": Words("environment", "环境"),
    "place.software": Words("settings or software", "配置或软件"),
    "kind.camera": Words("camera", "摄像机"),
    "kind.nvr": Words("recorder", "录像机"),
    "kind.switch": Words("switch", "交换机"),
    "kind.ups": Words("UPS", "UPS电源"),
    "kind.alarm_host": Words("alarm host", "报警主机"),
    "kind.nas": Words("network storage", "网络存储"),
    "kind.monitor": Words("monitor", "监视器"),
    "kind.other": Words("device", "设备"),
    "part.stream": Words("stream {part:text}", "码流{part:text}"),
    "part.disk": Words("disk {part:text}", "硬盘{part:text}"),
    "part.other": Words("{part:text}", "{part:text}"),
    "label.maker": Words("{text}", "{text}"),
    "label.model": Words("{text}", "{text}"),
    "label.firmware": Words("firmware {text}", "固件{text}"),
    "label.serial": Words("serial number {text}", "序列号{text}"),
    "ticket.whole_site": Words("whole site", "全站"),
    "ticket.subject": Words(
        "[{severity}] {site} · {device}: {fault}", "[{severity}] {site}·{device}：{fault}"
    ),
    "ticket.subject_more": Words(
        "[{severity}] {site} · {device}: {fault}, {more} more with it",
        "[{severity}] {site}·{device}：{fault}，另有{more}处受影响",
    ),
    "ticket.fault": Words("Fault:     {fault} ({code}), {severity}", "故障：{fault}（{code}），{severity}"),
    "ticket.device": Words("Device:    {device}", "设备：{device}"),
    "ticket.place": Words("Place:     {place}", "位置：{place}"),
    "ticket.address": Words("Address:   {address}", "地址：{address}"),
    "ticket.model": Words("Model:     {model}", "型号：{model}"),
    "ticket.since": Words("Since:     {since:when}", "起始时间：{since:when}"),
    "ticket.seen": Words("Seen:      {seen}", "检测结果：{seen}"),
    "ticket.children": Words(
        "Explained by this fault ({count}), no tickets of their own:",
        "由本故障引起（共{count}项，不再单独报修）：",
    ),
    "ticket.and_more": Words("… and {count} more", "……另有{count}项"),
    "ticket.causes": Words("Likely causes (look first at: {place}):", "可能原因（优先检查：{place}）："),
    "ticket.steps": Words("Try first, without a visit:", "可先远程处理："),
    "ticket.parts": Words("Take along:", "建议携带备件及工具："),
    "ticket.retest": Words(
        "Repaired when seen {rounds} times, {every:span} apart, to be free of:",
        "修复判定（连续{rounds}次检测，间隔{every:span}，以下故障均消失）：",
    ),
    "ticket.by_hand": Words("and confirmed by a person: {what}", "并由人工确认：{what}"),
    "ticket.key": Words("Reference: {key}", "编号：{key}"),
    "ticket.child": Words("{device}: {fault}", "{device}：{fault}"),
    "ticket.child_at": Words("{device}, {place}: {fault}", "{device}，{place}：{fault}"),
    "ticket.fault_part": Words("{fault}, {part}", "{fault}·{part}"),
    # ---------------------------------------------------------------- what is added to it later
    "update.children": Words(
        "Explained by this fault by now ({count}):", "目前由本故障引起（共{count}项）："
    ),
    "closing.recovered": Words(
        "Over: seen good again at {at:when}, after {lasted:span}.",
        "已恢复：{at:when}检测正常，持续{lasted:span}。",
    ),
    "closing.now": Words("Now: {seen}.", "当前：{seen}。"),
    "closing.explained": Words(
        "Not a fault of its own: it is part of {by}, where the work goes on.",
        "非独立故障：已并入{by}，后续在该工单处理。",
    ),
    "closing.removed": Words(
        "Ended at {at:when}: the device left the inventory or is to be ignored. Not seen repaired.",
        "{at:when}结束：设备已从台账移除或设为忽略，未检测到修复。",
    ),
}


def render(key: str, lang: Lang, zone: tzinfo = UTC, /, **facts: object) -> str:
    """Return a message in one language; a fact that is missing reads "?".

    Raises:
        KeyError: there is no such message.
    """
    return Phrasing(lang, zone).vformat(MESSAGES[key].of(lang), (), facts)
