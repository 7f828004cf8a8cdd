"""Recorders' own HTTP pages, as two makers document them: Hikvision ISAPI and Dahua CGI. Strict on paths.

Which maker a recorder is stands in its site file; a page of another maker is not there.
"""

from collections.abc import Callable
from typing import Final

from simulator.onvif.box import Box

PREFIXES: Final = ("/ISAPI/", "/cgi-bin/")
Page = Callable[[Box], tuple[str, str]]  # content type, text
_MEGABYTES: Final = 3_815_447  # of a 4 TB disk
_NS: Final = 'version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema"'
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'


def page(box: Box, target: str) -> tuple[str, str] | None:
    """Return content type and text of what is at a path and query; None where nothing is."""
    made = _PAGES.get(box.spec.maker, {}).get(target)
    if made is None or box.spec.kind != "nvr":
        return None
    if box.has("vendor_login_page"):
        return "text/html", "<html><head><title>Login</title></head><body><form>a=b</form></body></html>"
    kind, text = made(box)
    return kind, text[: len(text) // 2] if box.has("vendor_cut") else text


def _disks(box: Box) -> int:
    return box.spec.snmp.disks if box.spec.snmp else 0


def _storage(box: Box) -> tuple[str, str]:
    free = 0 if box.has("disk_full") else _MEGABYTES // 2
    rows = "".join(
        f"<hdd><id>{n + 1}</id><hddName>hdd{n + 1}</hddName><hddType>SATA</hddType>"
        f"<status>{'error' if n == 0 and box.has('disk_failed') else 'ok'}</status>"
        f"<capacity>{_MEGABYTES}</capacity><freeSpace>{free}</freeSpace>"
        "<property>RW</property></hdd>"
        for n in range(_disks(box))
    )
    if box.has("vendor_empty_bay"):
        rows += "<hdd><id>9</id><hddName>hdd9</hddName><status>notexist</status><capacity>0</capacity></hdd>"
    return "application/xml", f'{_HEAD}<storage {_NS}><hddList {_NS} size="8">{rows}</hddList></storage>'


def _proxies(box: Box) -> tuple[str, str]:
    rows = "".join(
        f"<InputProxyChannelStatus><id>{n}</id><sourceInputPortDescriptor><proxyProtocol>ONVIF</proxyProtocol>"
        f"</sourceInputPortDescriptor><online>{str(not lost).lower()}</online></InputProxyChannelStatus>"
        for n, lost in enumerate(_lost(box), 1)
    )
    return (
        "application/xml",
        f"{_HEAD}<InputProxyChannelStatusList {_NS}>{rows}</InputProxyChannelStatusList>",
    )


def _lost(box: Box) -> list[bool]:
    return [
        box.board.is_off(channel.camera) or (n == 0 and box.has("signal_lost") > 0)
        for n, channel in enumerate(box.channels)
    ]


def _devices(box: Box) -> tuple[str, str]:
    lines = []
    for n in range(_disks(box)):
        failed = n == 0 and box.has("disk_failed") > 0
        lines += [
            f"list.info[{n}].Detail[0].IsError={str(failed).lower()}",
            f"list.info[{n}].Detail[0].Path=/mnt/dvr/sd{n}",
            f"list.info[{n}].Detail[0].TotalBytes=3984588800000.000000",
            f"list.info[{n}].Detail[0].Type=ReadWrite",
            f"list.info[{n}].Detail[0].UsedBytes=1992294400000.000000",
            f"list.info[{n}].Name=/dev/sd{n}",
            f"list.info[{n}].State={'Error' if failed else 'Success'}",
        ]
    return "text/plain", "\r\n".join([*lines, ""])


def _titles(box: Box) -> tuple[str, str]:
    lines = [f"table.ChannelTitle[{n}].Name=CAM {n + 1}" for n in range(len(box.channels))]
    return "text/plain", "\r\n".join([*lines, ""])


def _losses(box: Box) -> tuple[str, str]:
    gone = [n for n, lost in enumerate(_lost(box)) if lost]
    lines = [f"channels[{i}]={n}" for i, n in enumerate(gone)] or ["Error: No Events"]
    return "text/plain", "\r\n".join([*lines, ""])


_PAGES: Final[dict[str, dict[str, Page]]] = {
    "Hikvision": {
        "/ISAPI/ContentMgmt/Storage": _storage,
        "/ISAPI/ContentMgmt/InputProxy/channels/status": _proxies,
    },
    "Dahua": {
        "/cgi-bin/storageDevice.cgi?action=getDeviceAllInfo": _devices,
        "/cgi-bin/configManager.cgi?action=getConfig&name=ChannelTitle": _titles,
        "/cgi-bin/eventManager.cgi?action=getEventIndexes&code=VideoLoss": _losses,
    },
}
