import numpy as np
import pytest

from models.corpus.importers.errors import ImportingError
from models.corpus.importers.timecode import RATES, TimecodeRate, detect_rate, parse_timecode, picture_rate, seconds_of
from tests.models.importers.spoken import codes_of, drop_frame_codes


def test_a_timecode_reads_as_written() -> None:
    code = parse_timecode("13:12:40:27.534", "take.csv")
    assert (code.second, code.drop) == (13 * 3600 + 12 * 60 + 40, False)
    assert code.frame == pytest.approx(27.534)
    assert parse_timecode("00:00:01;02", "take.csv").drop
    assert parse_timecode("100:00:00:49.000", "take.csv").second == 360_000


@pytest.mark.parametrize("text", ["", "12:13", "aa:bb:cc:dd", "00:61:00:00.000", "00:00:00", "-1:00:00:00"])
def test_what_is_no_timecode_is_said_with_its_place(text: str) -> None:
    with pytest.raises(ImportingError, match=r"take\.csv, line 3.*no timecode"):
        parse_timecode(text, "take.csv, line 3")


@pytest.mark.parametrize("nominal", [24, 25, 30, 50, 60])
def test_the_rate_is_found_from_the_numbers(nominal: int) -> None:
    codes = [parse_timecode(text, "") for text in codes_of(range(7, 3 * nominal), nominal, 0.25)]
    rate = detect_rate(codes, "")
    assert rate == TimecodeRate(nominal)
    times = seconds_of(codes, rate)
    np.testing.assert_allclose(np.diff(times), 1 / nominal, atol=1e-6)


@pytest.mark.parametrize(("nominal", "mark"), [(30, ":"), (60, ":"), (30, ";"), (60, ";")])
def test_dropped_numbers_are_no_lost_time(nominal: int, mark: str) -> None:
    codes = [parse_timecode(text, "") for text in drop_frame_codes(130 * nominal, nominal, mark=mark)]
    rate = detect_rate(codes, "")
    assert rate == RATES["29.97df" if nominal == 30 else "59.94df"]
    np.testing.assert_allclose(np.diff(seconds_of(codes, rate)), 1.001 / nominal, atol=1e-9)


@pytest.mark.parametrize(
    ("pictures", "timecode", "rate"),
    [
        (30.0, "00:00:00:00", "30"),
        (30 / 1.001, None, "29.97"),
        (60 / 1.001, "00:00:00;00", "59.94df"),
        (29.98, "00:00:00;00", "29.97df"),  # pictures lost
        (25 / 1.001, "00:00:00:00", "25"),
        (15.0, "00:00:00:00", None),
        (None, "00:00:00:00", None),
    ],
)
def test_a_picture_tells_how_its_timecode_counts(
    pictures: float | None, timecode: str | None, rate: str | None
) -> None:
    assert picture_rate(pictures, timecode) == (None if rate is None else RATES[rate])


@pytest.mark.parametrize(
    ("picture", "nominal", "begin_s", "rate"),
    [
        ("29.97", 30, 0, "29.97"),
        ("29.97", 60, 0, "59.94"),
        ("29.97", 25, 0, "25"),
        ("30", 60, 0, "60"),
        ("29.97df", 30, 0, "29.97df"),
        ("29.97df", 30, 59, "30"),  # holds numbers that are left out there
    ],
)
def test_numbers_written_alike_count_as_the_picture_does(picture: str, nominal: int, begin_s: int, rate: str) -> None:
    codes = [parse_timecode(text, "") for text in codes_of(range(3 * nominal), nominal, begin_s=begin_s)]
    assert detect_rate(codes, "", RATES[picture]) == RATES[rate]


def test_the_tenth_minute_drops_nothing() -> None:
    begin = 17_982 - 60  # 00:10:00:00 is frame 17,982 at 29.97
    codes = [parse_timecode(text, "") for text in drop_frame_codes(120, 30, begin)]
    times = seconds_of(codes, RATES["29.97df"])
    np.testing.assert_allclose(times, (begin + np.arange(120)) * 1.001 / 30, atol=1e-9)
    assert codes[60].second == 600
    assert codes[60].frame == 0


def test_frames_lost_at_a_minute_are_not_taken_for_dropped_numbers() -> None:
    lost = [n for n in range(0, 130 * 30) if n % 1800 not in (0, 1, 2)]
    assert detect_rate([parse_timecode(text, "") for text in codes_of(lost, 30, begin_s=0)], "") == TimecodeRate(30)


def test_midnight_goes_by() -> None:
    codes = [parse_timecode(text, "") for text in codes_of(range(240), 60, begin_s=86_398)]
    np.testing.assert_allclose(np.diff(seconds_of(codes, RATES["60"])), 1 / 60, atol=1e-6)


def test_what_cannot_be_told_is_asked_for() -> None:
    codes = [parse_timecode(text, "") for text in codes_of(range(20), 60)]
    with pytest.raises(ImportingError, match="give --timecode-rate"):
        detect_rate(codes, "take.csv")
    with pytest.raises(ImportingError, match="beyond 60"):
        detect_rate([parse_timecode("00:00:00:75.0", ""), parse_timecode("00:00:01:00.0", "")], "take.csv")
