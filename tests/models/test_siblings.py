from models.siblings import Siblings
from tests.models.builders import T0, camera, ok


def seen(**shown: float) -> Siblings:
    site = Siblings()
    for name, fog in shown.items():
        values = {
            "picture_fault_confidence_ratio": (fog, "sub"),
            "picture_fog_confidence_ratio": (fog, "sub"),
        }
        site.note(ok(camera(name), "stream", T0, **values), 0.35)
    return site


def share(site: Siblings, at: float = T0) -> float:
    return site.share("IMG_FOG", "a", at, 600.0)


def test_it_is_the_share_of_the_others():
    assert share(seen(a=0.9, b=0.9, c=0.9, d=0.1, e=0.1)) == 0.5


def test_two_cameras_are_no_site_and_one_that_agrees_is_chance():
    assert share(seen(a=0.9, b=0.9, c=0.9)) == 0
    assert share(seen(a=0.9, b=0.9, c=0.1, d=0.1)) == 0


def test_what_was_seen_long_ago_and_what_left_do_not_count():
    site = seen(a=0.9, b=0.9, c=0.9, d=0.9)
    assert share(site, T0 + 601) == 0
    site.forget("d")
    assert share(site) == 0


def test_a_report_without_a_picture_changes_nothing():
    site = seen(a=0.9, b=0.9, c=0.9, d=0.9)
    site.note(ok(camera("b"), "reach", T0 + 1, icmp_up=1), 0.35)
    assert share(site) == 1
