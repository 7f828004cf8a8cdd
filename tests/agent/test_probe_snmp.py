"""`siteward probe` on an SNMP device: what applied, what could not be read, and no secret."""

import json

from pysnmp.proto.rfc1902 import Integer32, ObjectIdentifier, OctetString, TimeTicks
from pysnmp.proto.rfc1905 import EndOfMibView, NoSuchObject

from agent.config import SiteConfig
from agent.probe import probe_device
from collectors.snmp.oids import SYS_OBJECT_ID, SYS_UPTIME, order
from models.facts import Kind
from tests.collectors.snmp.support import COMMUNITY, answer, asked, device, udp_agent

RAID = "1.3.6.1.4.1.40748"
CAMERA = {
    SYS_UPTIME: TimeTicks(500_000),
    SYS_OBJECT_ID: ObjectIdentifier(f"{RAID}.1.3"),
    f"{RAID}.2.1.0": Integer32(57),
    f"{RAID}.2.2.0": Integer32(155),  # percent
    f"{RAID}.2.3.0": OctetString(f"warm {COMMUNITY}"),
}


def answers(request):
    kind, oids, _ = asked(request)
    if kind == "GetRequestPDU":
        return [answer(request, [(oid, CAMERA.get(oid, NoSuchObject(""))) for oid in oids])]
    after = sorted((oid for oid in CAMERA if order(oid) > order(oids[0])), key=order)
    return [answer(request, [(oid, CAMERA[oid]) for oid in after[:1]] or [(oids[0], EndOfMibView(""))])]


async def probed(capsys, *, as_json):
    config = SiteConfig(site="test", icmp=False)
    async with udp_agent(answers) as (port, _):
        told = await probe_device(
            config,
            device(Kind.CAMERA, port=port),
            only=["snmp_health"],
            deadline=None,
            raw=False,
            as_json=as_json,
        )
    assert told
    return capsys.readouterr().out


async def test_a_probe_says_which_knowledge_applied_and_what_could_not_be_read(capsys):
    out = await probed(capsys, as_json=False)
    assert "IONODES-IONSERIES-MIB" in out
    assert "through gufo" in out
    assert f".{RAID}.2.2.0 = INTEGER: 155  (1.55 is outside 0 to 1)" in " ".join(out.split("\n"))
    assert f'.{RAID}.2.3.0 = STRING: "warm ***"  (text where a number was expected)' in out
    assert COMMUNITY not in out


async def test_a_probe_as_json_has_the_same(capsys):
    (report,) = json.loads(await probed(capsys, as_json=True))
    assert report["snmp"]["engine"] == "gufo"
    assert "IONODES-IONSERIES-MIB" in report["snmp"]["mibs"]
    assert len(report["snmp"]["unreadable"]) == 2
    assert COMMUNITY not in json.dumps(report)
