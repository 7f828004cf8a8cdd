"""Every page and operation with what it needs; tests say that none is missing."""

from agent.web.roles import Permission, Role

P = Permission
PEOPLE = [Role.VIEWER, Role.TECHNICIAN, Role.MANAGER, Role.AUDITOR]
PAGES = {
    "/": P.VIEW,
    "/devices": P.VIEW,
    "/devices/cam-1": P.VIEW,
    "/wall": P.PICTURES,
    "/devices/cam-1/picture": P.PICTURES,
    "/map": P.VIEW,
    "/agent": P.VIEW,
    "/service": P.VIEW,
    "/figures": P.VIEW,
    "/service/records/999": P.REPORTS,
    "/service/reports/kpi": P.REPORTS,
    "/service/reports/digest": P.REPORTS,
    "/service/reports/no-such": P.REPORTS,
    "/predictions": P.VIEW,
    "/planned": P.VIEW,
    "/baselines": P.VIEW,
    "/devices/cam-1/baseline": P.VIEW,
    "/devices/cam-1/baseline/picture": P.PICTURES,
    "/audit": P.AUDIT,
    "/incidents/test/cam-9/-/REACH_LOST": P.VIEW,
    "/tickets": P.VIEW,
    "/tickets/1": P.VIEW,
    "/tickets/1/files/0": P.PICTURES,
    "/api/v1/devices": P.VIEW,
    "/api/v1/devices/cam-1": P.VIEW,
    "/api/v1/faults": P.VIEW,
    "/api/v1/incidents": P.VIEW,
    "/api/v1/tickets": P.VIEW,
    "/api/v1/tickets/1": P.VIEW,
    "/api/v1/agent": P.VIEW,
    "/api/v1/readings?metric=cctv_clock_offset_seconds": P.VIEW,
    "/api/v1/predictions": P.VIEW,
    "/api/v1/windows": P.VIEW,
    "/api/v1/inspections": P.REPORTS,
    "/api/v1/inspections/999": P.REPORTS,
    "/api/v1/kpis": P.VIEW,
    "/api/v1/reports": P.REPORTS,
    "/api/v1/reports/no-such": P.REPORTS,
    "/api/v1/baselines": P.VIEW,
    "/api/v1/devices/cam-1/history?metric=no_such&since=0&until=1": P.VIEW,
    "/api/v1/openapi.json": P.VIEW,
}
# What changes something, with a wish that cannot be granted: whoever may not is told so before it is looked at.
DEEDS = {
    "/planned": P.WORK,
    "/planned/999/end": P.WORK,
    "/devices/no-such/baseline": P.WORK,
    "/service/records": P.WORK,
    "/service/records/999/answers": P.WORK,
    "/service/records/999/sign": P.SIGN,
}
API_DEEDS = {
    "/api/v1/windows": ({"devices": ["no-such"], "until": 1.0, "why": "x"}, P.WORK),
    "/api/v1/windows/999/end": (None, P.WORK),
    "/api/v1/inspections/999/sign": ({}, P.SIGN),
    "/api/v1/devices/no-such/accept": (None, P.WORK),
    "/api/v1/tickets/999/work-order": ({"do": "resume"}, P.WORK),
}
HTML = [
    path
    for path in PAGES
    if not path.startswith(("/api/", "/service/re", "/incidents/"))
    and "picture" not in path
    and "files" not in path
]
