"""What ONVIF devices have and do wrong, each a switch: `OnvifSpec.quirks` has it always on, the board now.

Imports nothing of the simulator, since the board itself reads the names.
"""

from typing import Final

# ---------------------------------------------------------------- faults of a device, told by ONVIF

STATES: Final[dict[str, str]] = {
    "firmware_changed": "it says it has another firmware",
    "device_replaced": "another device answers: serial number and MAC are others",
    "clock_manual": "its clock is set by hand, NTP is off",
    "clock_zone": "its clock is an hour ahead, as with a wrong time zone",
    "clock_reset": "its clock began anew in 1970",
    "encoder_changed": "the main stream of the first channel is set to half its frame rate",
    "channel_removed": "the last channel is not listed any more",
    "default_account": "an account of the factory is there",
    "recording_gap": "half an hour times strength of yesterday was not recorded on channel 1",
    "retention_short": "the recorder overwrites what is older than 12 days",
    "recording_new": "the recorder has recorded for 3 days and overwrites nothing yet",
    "storage_lost": "the second storage of a recorder, or the card of a camera, is not listed any more",
    "input_lost": "the last alarm input is not listed any more",
    "relay_lost": "the last relay is not listed any more",
    "snapshot_broken": "the snapshot is a page that says no, with status 200",
}
# ---------------------------------------------------------------- what firmwares do wrong
_LOGIN: Final[dict[str, str]] = {
    "onvif_clock_closed": "the clock is told to those with a login only",
    "onvif_clock_local": "the time told as UTC is the local one, 8 h ahead; logins are judged by UTC",
    "onvif_clock_local_only": "only the local time is told",
    "onvif_clock_impossible": "the clock tells 00:61:16 of month 13",
    "onvif_lockout": "after 5 refused logins the account is locked for half an hour; refusals count down",
    "onvif_crowded": "no connection is left: everybody is refused with a bare 401",
    "onvif_basic_only": "it wants the password in clear (HTTP Basic)",
    "onvif_refuses_200": "a refused login is answered with a fault and status 200",
    "onvif_viewer": "our user may not see accounts, storage and certificates",
}
_ADDRESS: Final[dict[str, str]] = {
    "onvif_nat": "addresses are those of its own network behind NAT",
    "onvif_evil": "addresses point to another host, which would get our login",
    "onvif_wrong_paths": "the services are not where it says; they are where they usually are",
    "onvif_disabled": "ONVIF is switched off: its web server answers 404 with a page",
    "onvif_no_get_services": "GetServices is not supported",
    "onvif_broken_services": "GetServices holds a prefix nobody declared",
    "onvif_media2_refuses": "Media2 is listed and refuses each action",
    "onvif_media2_only": "there is no Media, only Media2",
}
_REPLIES: Final[dict[str, str]] = {
    "onvif_broken_xml": "replies hold a prefix nobody declared",
    "onvif_broken_utf8": "replies hold bytes that are no UTF-8",
    "onvif_garbage": "replies are no XML",
    "onvif_cut_off": "replies end in the middle",
    "onvif_endless": "replies go on for 3 MB",
    "onvif_odd_enums": "encodings, kinds and states bear names nobody knows",
    "onvif_slow": "replies come late, by 3 s times strength",
    "onvif_equal_serials": "the serial number is 000000, the MAC all zeros",
    "onvif_weak": "two requests at once, and it falls silent for 5 s",
    "onvif_bare_faults": "what it does not have is refused with status 400 and no word",
    "onvif_action_failed": "what it does not have is refused as ter:Action, Action Failed",
    "onvif_method_unknown": "what it does not have is refused as gSOAP does, without a subcode",
}
_MORE: Final[dict[str, str]] = {
    "onvif_minimal": "it has device and media service and no operation that is optional",
    "onvif_key_store": "it tells by Advanced Security which certificate its web server would use",
    "onvif_snapshot_none": "no snapshot address is given",
    "onvif_snapshot_gone": "the snapshot address leads nowhere",
    "onvif_snapshot_login": "the snapshot address holds a user and password",
    "onvif_no_event_search": "FindEvents: Optional Action Not Implemented",
    "onvif_no_recording_search": "FindRecordings: Optional Action Not Implemented",
    "onvif_no_start_state": "FindEvents leaves the state at the start out",
    "onvif_search_hangs": "a search never comes to an end",
    "onvif_jobs_closed": "recording jobs are not told",
}
TLS: Final[dict[str, str]] = {
    "onvif_cert_changed": "HTTPS shows another certificate than before",
    "onvif_cert_expiring": "the certificate of HTTPS ends 10 days from now",
    "onvif_cert_expired": "the certificate of HTTPS ended a day ago",
    "onvif_tls_old": "HTTPS speaks TLS 1.2 at most, with a cipher of its day",
}
FAULTS: Final = STATES | _LOGIN | _ADDRESS | _REPLIES | _MORE | TLS
OF_TLS: Final = frozenset(TLS)  # these need a new listener
