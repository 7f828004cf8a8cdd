"""All that Siteward says to people about faults, by key, in English and Chinese; formats: see `phrasing`."""

from datetime import UTC, tzinfo
from typing import Final

from models.messages_audit import AUDIT_MESSAGES
from models.messages_device import DEVICE_MESSAGES
from models.messages_learning import LEARNING_MESSAGES
from models.messages_lists import LIST_MESSAGES
from models.messages_picture import PICTURE_MESSAGES
from models.messages_service import SERVICE
from models.messages_streams import STREAM_MESSAGES
from models.messages_tickets import TICKET_MESSAGES
from models.messages_wear import WEAR_MESSAGES
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
    "service.onvif_off": Words(
        "the device is there, but nothing speaks ONVIF at this port: ONVIF is switched off, or the port is"
        " another one; it is no matter of the password",
        "设备在线，但该端口无ONVIF服务：ONVIF未启用或端口错误，与密码无关",
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
    "clock.by_ntp": Words("its clock is set by NTP", "设备由NTP校时"),
    "clock.by_hand": Words(
        "its clock is set by hand and is {offset:ahead}: nothing keeps it right",
        "设备为手动校时，时钟{offset:ahead}，无任何校时来源",
    ),
    "clock.by_hand_kept": Words(
        "NTP is off, yet its clock is {offset:ahead}: something else keeps it right",
        "未启用NTP，时钟{offset:ahead}，由其他方式校准",
    ),
    # ---------------------------------------------------------------- identity, settings, access
    "identity.replaced_serial": Words(
        "another device answers: serial {serial_was:text} is now {serial_is:text}",
        "应答设备已变更：序列号由{serial_was:text}变为{serial_is:text}",
    ),
    "identity.replaced_mac": Words(
        "another device answers: MAC {mac_was:text} is now {mac_is:text}",
        "应答设备已变更：MAC由{mac_was:text}变为{mac_is:text}",
    ),
    "identity.replaced": Words(
        "another device answers: serial {serial_was:text} is now {serial_is:text}, MAC {mac_was:text} is now"
        " {mac_is:text}",
        "应答设备已变更：序列号由{serial_was:text}变为{serial_is:text}，MAC由{mac_was:text}变为{mac_is:text}",
    ),
    "identity.same": Words("it is the device that was accepted", "与登记设备一致"),
    "identity.firmware": Words("firmware {was:text} became {now:text}", "固件版本由{was:text}变为{now:text}"),
    "identity.firmware_same": Words("firmware {now:text}, as accepted", "固件版本{now:text}，与登记一致"),
    "settings.encoder": Words(
        "accepted with {was:text}, now {now:text}", "验收值为{was:text}，当前为{now:text}"
    ),
    "settings.encoder_same": Words("set as accepted: {now:text}", "与验收值一致：{now:text}"),
    "settings.channel_there": Words("video source {which:text} is there", "视频源{which:text}正常"),
    "settings.channel_gone": Words(
        "video source {which:text} is not listed any more", "视频源{which:text}不再列出"
    ),
    "settings.input_there": Words("alarm input {which:text} is there", "报警输入{which:text}正常"),
    "settings.input_gone": Words(
        "alarm input {which:text} is not listed any more", "报警输入{which:text}不再列出"
    ),
    "settings.relay_there": Words("relay {which:text} is there", "继电器{which:text}正常"),
    "settings.relay_gone": Words("relay {which:text} is not listed any more", "继电器{which:text}不再列出"),
    "settings.storage_there": Words("storage {which:text} is there", "存储{which:text}正常"),
    "settings.storage_gone": Words("storage {which:text} is not listed any more", "存储{which:text}不再列出"),
    "many.bad": Words(
        "{count:.0f} of {of:.0f} channels at once: {names:text}",
        "{of:.0f}个通道中有{count:.0f}个同时异常：{names:text}",
    ),
    "many.good": Words(
        "{count:.0f} of {of:.0f} channels ({names:text})", "{of:.0f}个通道中{count:.0f}个异常（{names:text}）"
    ),
    "access.default": Words("factory accounts: {names:text}", "出厂默认账号：{names:text}"),
    "access.own": Words("no removable factory account", "无可删除的出厂账号"),
    "access.pinned": Words("it shows the pinned certificate", "证书与登记一致"),
    "access.not_pinned": Words(
        "it shows another certificate than the pinned one; it was sent nothing, not even our name",
        "证书与登记的不一致；未向其发送任何信息",
    ),
    "access.cert_good": Words("certificate ends {ends:when}", "证书到期时间{ends:when}"),
    "access.cert_soon": Words(
        "certificate ends {ends:when}, in {left:span}", "证书将于{ends:when}到期，剩余{left:span}"
    ),
    "access.cert_over": Words(
        "certificate ended {ends:when}, {left:span} ago", "证书已于{ends:when}到期，超期{left:span}"
    ),
    # ---------------------------------------------------------------- recording
    "recording.active": Words("it is being recorded", "录像正常"),
    "recording.inactive": Words(
        "the recorder says it does not record it, although it is told to", "录像机报告未在录像，但已配置录像"
    ),
    "recording.missing": Words(
        "nothing was recorded for {missing:span} of the time that should be",
        "应录时段内已有{missing:span}未录像",
    ),
    "recording.day": Words(
        "recorded the day before: {ratio:percent}; gaps: {gaps:.0f}, the longest {longest:span}",
        "前一日录像完整率{ratio:percent}；缺失{gaps:.0f}处，最长{longest:span}",
    ),
    "recording.kept": Words(
        "kept for {kept:span} (goal {goal:span})", "已保存{kept:span}（要求{goal:span}）"
    ),
    "recording.short": Words(
        "kept for {kept:span} only (goal {goal:span}), and the oldest are being overwritten",
        "仅保存{kept:span}（要求{goal:span}），且已开始循环覆盖",
    ),
    "recording.growing": Words(
        "kept for {kept:span} (goal {goal:span}); the archive still grows",
        "已保存{kept:span}（要求{goal:span}），存储仍在增长",
    ),
    # ---------------------------------------------------------------- stream
    "stream.opens": Words("its stream opens", "可正常取流"),
    "stream.none": Words("it has no video stream, and never had one", "设备没有视频流，也从未有过"),
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
    # ---------------------------------------------------------------- disk and power
    "disk.well": Words("the recorder calls disk {which:text} well", "录像机报告硬盘{which:text}正常"),
    "disk.failed": Words("the recorder calls disk {which:text} failed", "录像机报告硬盘{which:text}故障"),
    "disk.failed_of_size": Words(
        "the recorder calls disk {which:text} ({size:bytes}) failed",
        "录像机报告硬盘{which:text}（{size:bytes}）故障",
    ),
    "raid.well": Words("the device calls array {which:text} whole", "设备报告阵列{which:text}正常"),
    "raid.failed": Words("the device calls array {which:text} crashed", "设备报告阵列{which:text}崩溃"),
    "fan.well": Words("the device calls fan {which:text} well", "设备报告风扇{which:text}正常"),
    "fan.failed": Words("the device calls fan {which:text} failed", "设备报告风扇{which:text}故障"),
    "supply.well": Words("the device calls supply {which:text} well", "设备报告电源{which:text}正常"),
    "supply.failed": Words("the device calls supply {which:text} failed", "设备报告电源{which:text}故障"),
    "heat.well": Words(
        "the device calls its temperature well ({which:text})", "设备报告温度正常（{which:text}）"
    ),
    "heat.failed": Words(
        "the device calls its temperature out of bounds ({which:text})", "设备报告温度超限（{which:text}）"
    ),
    "heat.failed_of_size": Words(
        "the device calls its temperature out of bounds: {size:.0f} °C ({which:text})",
        "设备报告温度超限：{size:.0f} °C（{which:text}）",
    ),
    "discovery.answers": Words("it answers to discovery", "可被网络发现"),
    "discovery.silent": Words(
        "it answered to discovery before and does no more: switched off, or its address was changed",
        "此前可被网络发现，现已无响应：该功能被关闭或地址被修改",
    ),
    "stranger.found": Words(
        "a device that is in no inventory answers at {address:text} ({model:text})",
        "地址{address:text}有未登记的设备（{model:text}）",
    ),
    "stranger.moved": Words(
        "a device that is in no inventory answers at {address:text} ({model:text}); by its own identity it is"
        " {device:text}, whose address was changed",
        "地址{address:text}有未登记的设备（{model:text}）；按其标识应为{device:text}，其地址已被修改",
    ),
    "stranger.many": Words(
        "{count:.0f} devices that are in no inventory answer: {which:text}",
        "有{count:.0f}台未登记的设备：{which:text}",
    ),
    "stranger.gone": Words("nothing unknown answers there any more", "该处已无未登记设备"),
    "ptz.arrives": Words("the camera goes where it is told", "云台预置位运动正常"),
    "ptz.missed": Words(
        "told to go to preset {which:text}, the camera did not arrive", "调用预置位{which:text}后云台未到位"
    ),
    "ptz.off": Words(
        "the camera misses its preset by {off:percent} of its range", "预置位偏差为运动范围的{off:percent}"
    ),
    "ptz.picture": Words(
        "at its preset the camera sees another picture than before (likeness {match:percent}), although it"
        " says that it stands there",
        "云台显示已到位，但画面与预置位参考图不符（相似度{match:percent}）",
    ),
    "ptz.slow": Words(
        "from preset to preset the camera takes {factor:.1f} times as long as it used to",
        "预置位间运动时间为平时的{factor:.1f}倍",
    ),
    "channel.well": Words(
        "the recorder gets the picture of {channel:text}", "录像机通道{channel:text}视频正常"
    ),
    "channel.lost": Words("the recorder gets no picture of {channel:text}", "录像机通道{channel:text}无视频"),
    "event.well": Words("by its events all is well ({source:text})", "设备事件显示正常（{source:text}）"),
    "event.storage": Words(
        "the device reports by event that storage {source:text} failed", "设备事件上报存储{source:text}故障"
    ),
    "event.fan": Words(
        "the device reports by event that fan {source:text} failed", "设备事件上报风扇{source:text}故障"
    ),
    "event.supply": Words(
        "the device reports by event that power supply {source:text} failed",
        "设备事件上报电源{source:text}故障",
    ),
    "event.temperature": Words(
        "the device reports by event that it is too hot ({source:text})",
        "设备事件上报温度过高（{source:text}）",
    ),
    "event.signal_loss": Words(
        "the recorder reports by event that input {source:text} has no picture",
        "录像机事件上报通道{source:text}无视频信号",
    ),
    "event.tamper": Words(
        "the device reports by event that its picture is being tampered with ({source:text})",
        "设备事件上报画面被遮挡或破坏（{source:text}）",
    ),
    "event.scene_change": Words(
        "the device reports by event that its whole scene changed ({source:text}): it was probably turned",
        "设备事件上报场景整体改变（{source:text}），摄像机可能被转动",
    ),
    "event.recording": Words(
        "the device reports by event that {source:text} is not being recorded",
        "设备事件上报{source:text}未在录像",
    ),
    "event.reboots": Words(
        "by its own events it restarted {count:.0f} times in 24 h", "设备事件显示24小时内重启{count:.0f}次"
    ),
    "event.subscribed": Words("its events are received", "可正常接收设备事件"),
    "event.deaf": Words(
        "it answers, but its events cannot be had: {said:text}", "设备在线，但无法接收其事件：{said:text}"
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
    "poe.supply_on": Words("PoE supply {supply:text} is on", "PoE供电单元{supply:text}正常"),
    "poe.supply_faulty": Words(
        "the switch calls its PoE supply {supply:text} faulty", "交换机报告PoE供电单元{supply:text}故障"
    ),
    "poe.enough": Words("no port is refused power", "无端口被拒绝供电"),
    "poe.denied": Words("ports refused power: {count:.0f}", "被拒绝供电的端口数：{count:.0f}"),
    "poe.denied_fill": Words(
        "ports refused power: {count:.0f}; drawn: {fill:percent} of what the supply has",
        "被拒绝供电的端口数：{count:.0f}；已用功率为总功率的{fill:percent}",
    ),
    # ---------------------------------------------------------------- what the switch port says of a loss
    "link.up_fed": Words(
        "port {port:text} of {switch:text} is up and delivers power: the device has power and a good cable;"
        " it hangs, or its address was changed. Restart it by PoE off and on",
        "{switch:text}端口{port:text}链路正常且正在供电：设备有电且网线完好，应为死机或地址被修改，可通过PoE断电重启",
    ),
    "link.up": Words(
        "port {port:text} of {switch:text} is up: the device has power and a good cable; it hangs, or its"
        " address was changed",
        "{switch:text}端口{port:text}链路正常：设备有电且网线完好，应为死机或地址被修改",
    ),
    "link.up_shared": Words(
        "port {port:text} of {switch:text} is up, and other devices are seen on it ({others:.0f}): look at"
        " what lies between",
        "{switch:text}端口{port:text}链路正常，且该端口下还有其他设备（{others:.0f}台）：检查中间连接设备",
    ),
    "link.down_unfed": Words(
        "port {port:text} of {switch:text} is down and no power is drawn: the cable is broken or unplugged,"
        " or the device is dead",
        "{switch:text}端口{port:text}链路断开且无供电输出：网线断开、未插或设备损坏",
    ),
    "link.down_fed": Words(
        "port {port:text} of {switch:text} delivers power, but has no link: a pair of the cable is broken, or"
        " the device's network interface failed",
        "{switch:text}端口{port:text}正在供电但无链路：网线线对断裂或设备网口损坏",
    ),
    "link.down": Words(
        "port {port:text} of {switch:text} is down: the cable is broken or unplugged, or the device has"
        " no power",
        "{switch:text}端口{port:text}链路断开：网线断开、未插或设备断电",
    ),
    "link.off": Words(
        "port {port:text} of {switch:text} was switched off in the switch's settings",
        "{switch:text}端口{port:text}在交换机设置中被关闭",
    ),
    "link.supply": Words(
        "port {port:text} of {switch:text} gives no power: the switch's PoE supply is faulty",
        "{switch:text}端口{port:text}无供电输出：交换机PoE供电单元故障",
    ),
    "link.denied": Words(
        "port {port:text} of {switch:text} was refused power: the switch has none left to give",
        "{switch:text}端口{port:text}供电被拒绝：交换机PoE功率不足",
    ),
    "link.full": Words(
        "port {port:text} of {switch:text} gives no power, and the switch gives all it has: power budget",
        "{switch:text}端口{port:text}无供电输出，且交换机PoE功率已达上限：功率不足",
    ),
    "link.power_fault": Words(
        "port {port:text} of {switch:text} reports a power fault: short or overload in the cable or device",
        "{switch:text}端口{port:text}报告供电故障：网线或设备短路、过载",
    ),
    "link.switch_up": Words(
        "port {port:text} of {switch:text} towards it is up: it has power and a good link; it hangs, or its"
        " management address was changed",
        "上联{switch:text}端口{port:text}链路正常：交换机有电且线路完好，应为死机或管理地址被修改",
    ),
    "link.switch_down": Words(
        "port {port:text} of {switch:text} towards it is down: it has no power, or the uplink is broken",
        "上联{switch:text}端口{port:text}链路断开：交换机断电或上联线路中断",
    ),
    "link.siblings": Words(
        "{lost:.0f} of {of:.0f} devices on {switch:text} are lost while the switch itself answers: look at"
        " the switch and its supply first",
        "{switch:text}自身在线，但所接{of:.0f}台设备中有{lost:.0f}台失联：请先检查交换机及其供电",
    ),
    "link.many": Words(
        "{lost:.0f} devices behind it are lost with it: switch, its power or its uplink",
        "其下{lost:.0f}台设备同时失联：检查交换机、供电或上联线路",
    ),
    "link.power": Words(
        "its power comes from {ups:text}, which runs from its battery or is lost",
        "其供电来自{ups:text}，该UPS正由电池供电或已失联",
    ),
    "site.dark": Words(
        "{lost:.0f} of {of:.0f} devices are lost, and no single device explains it",
        "{of:.0f}台设备中有{lost:.0f}台失联，且非单台设备所致",
    ),
    # ---------------------------------------------------------------- why something is unknown
    "unknown.picture_awaited": Words(
        "the next check of its picture will tell more exactly", "等待下一次画面检测以确认"
    ),
    "unknown.events_lost": Words(
        "its event subscription is gone: what it told before is not known any more",
        "事件订阅已失效，此前上报的状态无法确认",
    ),
    "unknown.not_asked": Words("not asked, or no clear answer, of late", "近期未检测或结果不明确"),
    "unknown.stale": Words("no news of late", "近期无数据"),
    "unknown.device_lost": Words("the device is lost: nothing can be said", "设备失联，无法判断"),
    "unknown.explained": Words("hidden by another fault: {by:fault}", "被其他故障掩盖：{by:fault}"),
    "unknown.learning": Words("this camera's own normal is still being learnt", "正在学习该摄像机的正常状态"),
    "unknown.low_texture": Words("the scene has too little detail to tell", "场景细节过少，无法判断"),
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
    "ticket.cause": Words("Probably:  {cause}", "初步判断：{cause}"),
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
    "ticket.page": Words("To be seen at: {url}", "查看：{url}"),
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
    # ---------------------------------------------------------------- the work order
    "state.detected": Words("detected", "已发现"),
    "state.registered": Words("registered", "登记"),
    "state.triaged": Words("triaged", "初步诊断"),
    "state.dispatched": Words("dispatched", "派单"),
    "state.on_site": Words("on site", "到场"),
    "state.repairing": Words("in repair", "维修中"),
    "state.remote_fix": Words("in repair from afar", "远程处理中"),
    "state.waiting_parts": Words("waiting for parts", "缺件"),
    "state.returned_to_maker": Words("returned to the maker", "返厂"),
    "state.swapped": Words("swapped", "备用机替代"),
    "state.verifying": Words("being re-tested", "功能测试中"),
    "state.resolved": Words("resolved", "已修复"),
    "state.follow_up": Words("in follow-up", "回访"),
    "state.closed": Words("closed", "归档"),
    "state.cancelled": Words("cancelled", "取消"),
    "state.reopened": Words("reopened", "二次故障"),
    "order.is_now": Words("ticket {ticket} is {state}", "工单{ticket}：{state}"),
    "order.unknown": Words("no work order belongs to ticket {ticket}", "工单{ticket}没有对应的作业单"),
    "order.no_step": Words(
        "a work order that is {state} cannot become {to}", "工单当前为“{state}”，不能变更为“{to}”"
    ),
    "order.not_yours": Words(
        "{to} is for the re-test to say: mark the repair with --repaired, or answer for it with --waive",
        "“{to}”由系统功能测试判定：请用 --repaired 报修复，或用 --waive 由责任人免测",
    ),
    "order.needs_why": Words("say why with --why: it becomes {to}", "变更为“{to}”须用 --why 说明原因"),
    "order.needs_name": Words("say who with --who", "须用 --who 注明责任人"),
    "order.needs_proof": Words(
        "it cannot become {to} before its repair is proven: --repaired starts the re-test, --waive answers"
        " for it",
        "修复未经验证，不能变更为“{to}”：--repaired 启动功能测试，--waive 由责任人免测",
    ),
    "order.needs_cause": Words(
        "it cannot become {to} before its cause is confirmed: --cause CODE",
        "原因未确认，不能变更为“{to}”：请用 --cause 填写原因代码",
    ),
    "order.is_over": Words(
        "this work order is {state}: nothing is changed any more", "工单已{state}，不再变更"
    ),
    "order.moved": Words("{who}: {state}.", "{who}：{state}。"),
    "order.stays_open": Words(
        "The work order is {state}: it stays open until that is over.",
        "工单状态为“{state}”，未结束前保持打开。",
    ),
    "order.repeat": Words(
        "Repeat fault ({times}): the same as in {of}, which was repaired at {at:when}.",
        "二次故障（第{times}次）：与{of}相同，上次修复时间{at:when}。",
    ),
    "order.still_back": Words(
        "The fault is back after its re-test was passed: {seen}.", "功能测试通过后故障再次出现：{seen}。"
    ),
    "order.paused": Words("{who}: clocks paused ({reason}). {why}", "{who}：计时暂停（{reason}）。{why}"),
    "order.resumed": Words("{who}: clocks run on.", "{who}：计时恢复。"),
    "pause.access": Words("no access to the site", "客户不予进场"),
    "pause.parts": Words("waiting for parts", "等待备件"),
    "pause.approved": Words("agreed with the customer", "经客户同意"),
    "sla.respond": Words("respond", "响应"),
    "sla.answer": Words("full answer", "完整答复"),
    "sla.arrive": Words("arrive", "到场"),
    "sla.restore": Words("restore", "修复"),
    "sla.swap": Words("swap", "备用机替代"),
    "sla.warning": Words(
        "Clock “{clock}”: {share:percent} of its time is used; due {due:when}.",
        "“{clock}”时限已用{share:percent}，到期时间{due:when}。",
    ),
    "sla.breached": Words(
        "Clock “{clock}” ran out: it was due {due:when}.", "“{clock}”已超时，到期时间为{due:when}。"
    ),
    "sla.escalate": Words("To be told: {who}.", "升级通知：{who}。"),
    "retest.began": Words(
        "{who} says it is repaired. The re-test begins: {rounds} rounds, free of",
        "{who}报告已修复，开始功能测试（{rounds}轮）：",
    ),
    "retest.fault": Words("{fault:fault} ({code})", "{fault:fault}（{code}）"),
    "retest.passed": Words("The re-test is passed, {rounds} rounds.", "功能测试通过，共{rounds}轮。"),
    "retest.failed": Words(
        "The re-test is failed after {rounds} passed rounds: back to repair.",
        "功能测试未通过（已通过{rounds}轮），退回维修。",
    ),
    "retest.still": Words("Still seen:", "仍存在："),
    "retest.unseen": Words("Could not be seen, and unknown is not passed:", "未能检测（未知不视为通过）："),
    "retest.left_out": Words("Left out, as it cannot be told here:", "未纳入测试（本设备无法判定）："),
    "retest.again": Words(
        "Mark it repaired again when it is, or let a named person answer for it (--waive).",
        "处理后请再次报修复，或由责任人免测（--waive）。",
    ),
    "retest.waived": Words(
        "Closed without a passed re-test; {who} answers for it: {why}", "未经功能测试，由{who}负责免测：{why}"
    ),
    "cause.ask": Words(
        "What was the cause? siteward ticket NUMBER --cause CODE --who NAME",
        "请确认故障原因：siteward ticket 工单号 --cause 代码 --who 姓名",
    ),
    "cause.suggested": Words("Suggested: {code} ({cause})", "系统建议：{code}（{cause}）"),
    "cause.codes": Words("Codes: {codes}", "代码：{codes}"),
    "cause.unknown": Words(
        "there is no cause {code}: choose of {codes}", "没有原因代码{code}，可选：{codes}"
    ),
    "cause.confirmed": Words(
        "{who}: the cause was {cause} ({code}).", "{who}：确认原因为{cause}（{code}）。"
    ),
    **AUDIT_MESSAGES,
    **DEVICE_MESSAGES,
    **TICKET_MESSAGES,
    **PICTURE_MESSAGES,
    **STREAM_MESSAGES,
    **WEAR_MESSAGES,
    **LEARNING_MESSAGES,
    **LIST_MESSAGES,
    **SERVICE,
}


def render(key: str, lang: Lang, zone: tzinfo = UTC, /, **facts: object) -> str:
    """Return a message in one language; a fact that is missing reads "?".

    Raises:
        KeyError: there is no such message.
    """
    return Phrasing(lang, zone).vformat(MESSAGES[key].of(lang), (), facts)
