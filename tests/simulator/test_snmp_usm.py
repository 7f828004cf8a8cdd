"""SNMPv3: keys by the RFC's own examples, reports, and what happens to messages that were tampered with."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.snmp import ber, keys, pdu, usm, v3
from simulator.snmp.keys import User, make_user
from tests.simulator.snmp_site import AUTH_KEY, PRIV_KEY, Stage, ask
from tests.simulator.snmp_site import v3 as access

SYS_NAME = (1, 3, 6, 1, 2, 1, 1, 5, 0)
REPORTABLE = v3.REPORTABLE
AUTH_PRIV = v3.AUTH | v3.PRIV
ENGINE_OF_RFC = bytes(11) + b"\x02"


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        pytest.param("sha1", "6695febc9288e36282235fc7151f128497b38f3f", id="RFC 3414, A.3.2"),
        pytest.param("md5", "526f5eed9fcce26f8964c2930787d82b", id="RFC 3414, A.3.1"),
    ],
)
def test_keys_are_those_of_the_rfc(algorithm, key):
    assert keys.localise(algorithm, "maplesyrup", ENGINE_OF_RFC).hex() == key


def test_a_user_does_not_print_his_keys():
    user = make_user("ops", b"engine", auth="SHA", auth_password=AUTH_KEY, priv="AES", priv_password=PRIV_KEY)
    assert user.auth_key.hex() not in repr(user)
    assert repr(user.auth_key) not in repr(user)
    assert repr(user.priv_key) not in repr(user)


class Manager:
    """The other side of the conversation, one message at a time: enough to tamper with each part of it."""

    def __init__(self, stage: Stage, *, auth: str = "SHA", priv: str = "AES", name: str = "cam-1") -> None:
        self.agent = stage[name]
        found = v3_parse(self.agent.handle(message(b"", 0, 0, User(b""), REPORTABLE)))
        self.engine_id, self.boots, self.time = found.engine_id, found.boots, found.time
        self.user = make_user(
            "ops", self.engine_id, auth=auth, auth_password=AUTH_KEY, priv=priv, priv_password=PRIV_KEY
        )

    def send(self, flags: int, **changes):
        """Return the reply to a GET of sysName."""
        parts = {"engine_id": self.engine_id, "boots": self.boots, "time": self.time, "user": self.user}
        reply = self.agent.handle(message(**(parts | changes), flags=flags))
        return None if reply is None else self.read(reply)

    def read(self, raw: bytes) -> tuple[int, int, str, bytes]:
        """Return flags, error status, name and value of the first binding; check the signature."""
        found = v3_parse(raw)
        if found.flags & v3.AUTH:
            assert found.mac == self.user.sign(found.unsigned)
        data = found.data
        if found.flags & v3.PRIV:
            data = self.user.decrypt(data, found.boots, found.time, found.salt)
        scoped = v3.parse_scoped(data)
        _, at, end = ber.header(data, scoped.at, scoped.end)
        _, at = ber.read_integer(data, at, end)
        status, at = ber.read_integer(data, at, end)
        _, at = ber.read_integer(data, at, end)
        start, stop = ber.enter(data, at, end, ber.SEQUENCE)
        start, stop = ber.enter(data, start, stop, ber.SEQUENCE)
        first, last = ber.enter(data, start, stop, ber.OBJECT_ID)
        return found.flags, status, ber.decode_oid(data[first:last]), data[last:stop]


def v3_parse(raw: bytes):
    at, end = ber.enter(raw, 0, len(raw), ber.SEQUENCE)
    version, at = ber.read_integer(raw, at, end)
    assert version == 3
    return v3.parse(raw, at, end)


def message(
    engine_id: bytes,
    boots: int,
    time: int,
    user: User,
    flags: int,
    *,
    kind: int = pdu.GET,
    context: bytes = b"",
    salt: bytes = b"saltsalt",
    signer: User | None = None,
    unit: bytes | None = None,
    number: int = 5,
) -> bytes:
    if unit is None:
        unit = pdu.build(kind, 77, bindings=pdu.binding(ber.encode_oid(SYS_NAME), ber.NOTHING))
    data = v3.scoped(engine_id, context, unit)
    if flags & v3.PRIV:
        data = ber.octets(user.encrypt(data, boots, time, (salt + bytes(8))[:8]))
    security = v3.Security(engine_id, boots, time, user.name, salt if flags & v3.PRIV else b"")
    return v3.build(number, flags, security, data, (signer or user) if flags & v3.AUTH else User(b""))


@pytest.fixture
def stage():
    return Stage(**access())


def report(counter: ber.Oid) -> ber.Oid:
    return (*counter, 0)


def test_a_signed_and_encrypted_request_is_answered_signed_and_encrypted(stage):
    assert Manager(stage).send(AUTH_PRIV | REPORTABLE) == (AUTH_PRIV, 0, SYS_NAME, ber.text("CAM-1"))


@pytest.mark.parametrize("auth", ["SHA", "SHA224", "SHA256", "SHA384", "SHA512"])
def test_each_digest_works(auth):
    assert Manager(Stage(**access(auth)), auth=auth).send(AUTH_PRIV)[3] == ber.text("CAM-1")


@pytest.mark.parametrize(("auth", "priv", "flags"), [("SHA", "", v3.AUTH), ("", "", 0)])
def test_users_without_keys_are_served_at_their_own_level(auth, priv, flags):
    manager = Manager(Stage(**access(auth, priv)), auth=auth, priv=priv)
    assert manager.send(flags | REPORTABLE) == (flags, 0, SYS_NAME, ber.text("CAM-1"))


def test_discovery_tells_the_engine_id_and_is_counted(stage):
    agent = stage["cam-1"]
    _, _, name, count = Manager(stage).read(agent.handle(message(b"", 0, 0, User(b""), REPORTABLE)))
    assert (name, count) == (report(usm.UNKNOWN_ENGINE), ber.counter32(2))


def test_a_wrong_engine_id_is_reported(stage):
    assert Manager(stage).send(AUTH_PRIV | REPORTABLE, engine_id=b"someone else")[2] == report(
        usm.UNKNOWN_ENGINE
    )


def test_an_unknown_user_is_reported(stage):
    stranger = make_user("eve", Manager(stage).engine_id, auth="SHA", auth_password=AUTH_KEY)
    flags, _, name, _ = Manager(stage).send(v3.AUTH | REPORTABLE, user=stranger)
    assert (flags, name) == (0, report(usm.UNKNOWN_USER))


def test_a_wrong_password_is_reported_without_a_signature(stage):
    manager = Manager(stage)
    liar = make_user("ops", manager.engine_id, auth="SHA", auth_password="a wrong password")
    flags, _, name, _ = manager.send(AUTH_PRIV | REPORTABLE, signer=liar)
    assert (flags, name) == (0, report(usm.WRONG_DIGEST))


def test_a_changed_password_is_a_wrong_digest(stage):
    """The fault `wrong_password`: ours was right until somebody changed it."""
    manager = Manager(stage)
    stage.board.switch_on("cam-1", "wrong_password")
    assert manager.send(AUTH_PRIV | REPORTABLE)[2] == report(usm.WRONG_DIGEST)
    stage.board.switch_off("cam-1", "wrong_password")
    assert manager.send(AUTH_PRIV | REPORTABLE)[1:3] == (0, SYS_NAME)


def test_a_changed_user_without_password_is_unknown():
    stage = Stage(**access("", ""))
    manager = Manager(stage, auth="", priv="")
    stage.board.switch_on("cam-1", "wrong_password")
    assert manager.send(REPORTABLE)[2] == report(usm.UNKNOWN_USER)


@pytest.mark.parametrize("late", [-151, 151])
def test_a_message_outside_the_time_window_is_reported_with_a_signature(stage, late):
    manager = Manager(stage)
    flags, _, name, _ = manager.send(AUTH_PRIV | REPORTABLE, time=manager.time + late)
    assert (flags, name) == (v3.AUTH, report(usm.NOT_IN_TIME))


@pytest.mark.parametrize("late", [-150, 150])
def test_a_message_inside_the_time_window_is_answered(stage, late):
    manager = Manager(stage)
    assert manager.send(AUTH_PRIV, time=manager.time + late)[1:3] == (0, SYS_NAME)


def test_after_a_boot_the_old_boots_are_out_of_time(stage):
    manager = Manager(stage)
    stage.board.switch_on("cam-1", "off")
    assert manager.send(AUTH_PRIV | REPORTABLE) is None
    stage.board.switch_off("cam-1", "off")
    assert manager.send(AUTH_PRIV | REPORTABLE)[2] == report(usm.NOT_IN_TIME)
    assert manager.send(AUTH_PRIV | REPORTABLE, boots=manager.boots + 1, time=0)[2] == SYS_NAME


@pytest.mark.parametrize("flags", [0, v3.AUTH])
def test_asking_below_the_level_of_the_user_is_an_authorization_error(stage, flags):
    assert Manager(stage).send(flags | REPORTABLE)[:3] == (flags, 16, SYS_NAME)


def test_asking_above_the_level_of_the_user_is_reported():
    stage = Stage(**access("SHA", ""))
    assert Manager(stage).send(AUTH_PRIV | REPORTABLE)[2] == report(usm.UNSUPPORTED_LEVEL)


def test_a_salt_of_another_length_is_a_decryption_error(stage):
    assert Manager(stage).send(AUTH_PRIV | REPORTABLE, salt=b"salt")[2] == report(usm.DECRYPTION_ERROR)


def test_another_context_is_reported_at_the_level_of_the_request(stage):
    flags, _, name, _ = Manager(stage).send(AUTH_PRIV | REPORTABLE, context=b"bridge1")
    assert (flags, name) == (AUTH_PRIV, report(usm.UNKNOWN_CONTEXT))


def test_who_wants_no_report_gets_none(stage):
    assert Manager(stage).send(AUTH_PRIV, engine_id=b"someone else") is None


def test_writing_is_refused_and_counted(stage):
    manager = Manager(stage)
    assert manager.send(AUTH_PRIV | REPORTABLE, kind=pdu.SET)[1] == 17
    assert manager.agent.writes == 1


def test_a_wrong_privacy_key_is_noise_and_dropped(stage):
    manager = Manager(stage)
    other = make_user(
        "ops", manager.engine_id, auth="SHA", auth_password=AUTH_KEY, priv="AES", priv_password="wrong key 99"
    )
    assert manager.send(AUTH_PRIV | REPORTABLE, user=other) is None
    assert manager.agent.dropped == 1


def test_no_two_replies_are_encrypted_alike(stage):
    manager = Manager(stage)
    parts = (manager.engine_id, manager.boots, manager.time, manager.user, AUTH_PRIV)
    salts = {v3_parse(manager.agent.handle(message(*parts))).salt for _ in range(20)}
    assert len(salts) == 20


def test_an_agent_of_v3_does_not_answer_a_community(stage):
    assert ask(stage["cam-1"], "get", "1.3.6.1.2.1.1.5.0") is None


def test_an_agent_of_v2c_does_not_answer_v3():
    assert Stage()["cam-1"].handle(message(b"", 0, 0, User(b""), REPORTABLE)) is None


def test_engine_boots_and_time_in_the_table_are_those_of_the_messages(stage):
    manager = Manager(stage)
    assert isinstance(manager.agent.handle(message(b"", 0, 0, User(b""), REPORTABLE)), bytes)
    unit = pdu.build(
        pdu.GET,
        1,
        bindings=pdu.binding(ber.encode_oid((1, 3, 6, 1, 6, 3, 10, 2, 1, 3, 0)), ber.NOTHING),
    )
    assert manager.send(AUTH_PRIV, unit=unit)[3] == ber.integer(manager.time)


@pytest.mark.parametrize(
    ("auth", "taken"), [("SHA", 65_507), ("SHA512", 65_507), ("SHA512", 484), ("SHA", 900)]
)
def test_bulk_over_v3_fits_one_frame_and_what_the_manager_takes(auth, taken, monkeypatch):
    """Names, signature and encryption count; the number of the message is as long as it may be."""
    manager = Manager(Stage(**access(auth)), auth=auth, name="sw-1")
    monkeypatch.setattr(v3, "MAX_SIZE", taken)
    unit = pdu.build(
        pdu.GET_BULK, 2**31 - 1, index=500, bindings=pdu.binding(ber.encode_oid((1, 3)), ber.NOTHING)
    )
    raw = message(
        manager.engine_id, manager.boots, manager.time, manager.user, AUTH_PRIV, unit=unit, number=2**31 - 1
    )
    room = min(taken, 1_472)
    assert room - 120 < len(manager.agent.handle(raw)) <= room


# ---------------------------------------------------------------- tampering

SITE = Stage(**access())
MANAGER = Manager(SITE)
GOOD = message(MANAGER.engine_id, MANAGER.boots, MANAGER.time, MANAGER.user, AUTH_PRIV)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_no_single_changed_byte_gets_at_a_value(place, change):
    """Only the right message is answered with a value, and no wrong one raises anything."""
    bad = bytearray(GOOD)
    bad[place] ^= change
    reply = MANAGER.agent.handle(bytes(bad))
    assert reply is None or not v3_parse(reply).flags & v3.PRIV


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=120))
def test_signed_and_encrypted_nonsense_is_dropped(nonsense):
    """Who knows the keys can send what he likes inside: that too must raise nothing."""
    user = MANAGER.user
    data = ber.octets(user.encrypt(nonsense, MANAGER.boots, MANAGER.time, b"saltsalt"))
    security = v3.Security(MANAGER.engine_id, MANAGER.boots, MANAGER.time, user.name, b"saltsalt")
    MANAGER.agent.handle(v3.build(5, AUTH_PRIV | REPORTABLE, security, data, user))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=80))
def test_signed_requests_with_nonsense_for_a_unit_raise_nothing(nonsense):
    MANAGER.agent.handle(
        message(MANAGER.engine_id, MANAGER.boots, MANAGER.time, MANAGER.user, AUTH_PRIV, unit=nonsense)
    )
