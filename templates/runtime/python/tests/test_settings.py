import pytest

from function_runtime.settings import MIB, BadSetting, duration, read, size


@pytest.mark.parametrize(("text", "seconds"), [("30", 30), ("500ms", 0.5), ("1m30s", 90), ("1.5h", 5400), ("0", 0)])
def test_durations_are_spelt_as_for_the_watchdog(text, seconds):
    assert duration(text) == seconds


@pytest.mark.parametrize(("text", "count"), [("10", 10), ("2k", 2000), ("10Mi", 10 * MIB)])
def test_sizes_are_spelt_as_for_the_watchdog(text, count):
    assert size(text) == count


@pytest.mark.parametrize(
    ("name", "value"), [("exec_timeout", "soon"), ("max_body_bytes", "1 MB"), ("threads", "0"), ("debug_errors", "maybe")]
)
def test_a_value_that_cannot_be_meant_is_named(name, value):
    with pytest.raises(BadSetting, match=f"{name}='{value}': .*expected|{name}='{value}': a"):
        read({name: value})


def test_the_port_is_the_one_at_which_the_watchdog_looks():
    settings = read({"upstream_url": "http://127.0.0.1:5000"})
    assert (settings.host, settings.port) == ("127.0.0.1", 5000)
    assert (read({}).host, read({"port": "9000"}).port) == ("0.0.0.0", 9000)  # noqa: S104


def test_a_watchdog_that_drains_first_is_not_waited_for():
    assert read({"term_signal_timing": "after_drain", "healthcheck_interval": "5s"}).drain_delay == 0
    assert read({"healthcheck_interval": "5s"}).drain_delay == 5
    assert read({"write_timeout": "7s"}).drain_delay == 7


def test_no_limit_is_0():
    assert read({"exec_timeout": "0s"}).exec_timeout is None
    assert read({"max_body_bytes": "0"}).max_body_bytes == 0
