"""The bench of cost runs at any size."""

import json

from bench import learning_cost


def test_a_small_site_is_measured(monkeypatch, capsys):
    monkeypatch.setattr(learning_cost, "WARM", 3)
    assert learning_cost.main(["--devices", "12", "--series", "4", "--json"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {"retrain_s", "rss_mb", "update_ms_20000", "load_s"} <= set(found)
    assert found["series"] == 48
    assert learning_cost.main(["--devices", "0"]) == 2
